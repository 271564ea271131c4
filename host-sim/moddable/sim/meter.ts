/** `sim/meter`: costs, for benches. */
/** Bytecodes executed so far. */
export const computrons = native('sim_meter_computrons');
/** Bytes of slots and chunks in use; grows by the garbage made until the next collection. */
export const bytes = native('sim_meter_bytes');
export const collect = native('sim_meter_collect');
export const collections = native('sim_meter_collections');
/** Takes the time of so many instructions, when the device has a speed: for what a board does in machine code. */
export const work = native('sim_meter_work');
/** Instructions the processor has retired (minstret); 0 but on rv32. */
export const instructions = native('sim_meter_instructions');
