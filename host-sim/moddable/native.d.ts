/**
 * Binds a function of the host, host-sim/xs/natives.c. The bundler turns a method that only calls one,
 * `read() { return native('x').call(this); }`, into the host function itself, as the SDK's linker does.
 */
// biome-ignore lint/suspicious/noExplicitAny: a native takes and returns what its wrapper declares
declare function native(name: string): (...values: any[]) => any;

/** Written by the bundler. */
declare module 'sim/board' {
  /** GPIO numbers of the board's ADC1. */
  export const analogPins: readonly number[];
}

declare module 'sim/device' {
  export function mac(): string;
  export function random(): number;
}

declare module 'sim/meter' {
  export function computrons(): number;
  export function bytes(): number;
  export function collect(): void;
  export function collections(): number;
  export function instructions(): number;
}
