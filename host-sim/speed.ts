/**
 * What a device with a speed takes for what it computes, in instructions of an ESP32-C3 (rv32imc), counted with
 * `bench/rv32`.
 */

/**
 * A bytecode of XS, on average: 33 to append a block to a ring, 38 on a reading's way from timer to ring, 50 to read a
 * configuration, 101 to read an acknowledgement, which multiplies doubles without a unit for them.
 */
const bytecode = 50;
/** A slot of the heap, marked or swept by a collection. */
const collectedSlot = 40;

/** The lines of a device's file (xs/configuration.c) for a speed in million instructions a second. */
export function speedLines(mips: number): string[] {
  const nanoseconds = 1_000 / mips;
  return [
    `computron\t${bytecode * nanoseconds}`,
    `collection\t${collectedSlot * nanoseconds}`,
    `instruction\t${nanoseconds}`,
  ];
}
