/** `sim/pins`: signals served in C, described in host-sim/README.md. */
export const analog = native('sim_pins_analog');
export const digital = native('sim_pins_digital');
export const edges = native('sim_pins_edges');
export const quadrature = native('sim_pins_quadrature');
export const width = native('sim_pins_width');
export const write = native('sim_pins_write');
export const watch = native('sim_pins_watch');
