/** `sim/meter`: costs, for benches. */
/** Bytecodes executed so far. */
export const computrons = native('sim_meter_computrons');
/** Bytes of slots and chunks in use; grows by the garbage made until the next collection. */
export const bytes = native('sim_meter_bytes');
export const collect = native('sim_meter_collect');
export const collections = native('sim_meter_collections');
/** Instructions the processor has retired (minstret); 0 but on rv32. */
export const instructions = native('sim_meter_instructions');
