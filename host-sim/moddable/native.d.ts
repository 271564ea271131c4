/**
 * Binds a function of the host, host-sim/xs/natives.c. The bundler turns a method that only calls one,
 * `read() { return native('x').call(this); }`, into the host function itself, as the SDK's linker does.
 */
// biome-ignore lint/suspicious/noExplicitAny: a native takes and returns what its wrapper declares
declare function native(name: string): (...values: any[]) => any;
