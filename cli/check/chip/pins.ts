/** `sim/pins`: nothing is wired to any. */
export const quadrature = (): number => 0;
export const width = (): undefined => undefined;
export const write = (): void => undefined;
export const watch = (): void => undefined;
