/** `sim/device`: what the chip knows of itself. */
export const mac = native('sim_device_mac');
/** A uniform whole number of 32 bits. */
export const random = native('sim_device_random');
