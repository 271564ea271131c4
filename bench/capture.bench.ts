/** What a reading costs on its whole way from the timer to the ring, its check included. */
import { atMost, exactly, type Figure, plain } from './figure';
import { measureInstructions } from './rv32/measure';

export default async function (): Promise<Figure[]> {
  const costs = await measureInstructions({
    include: [
      'modules/block',
      'modules/config',
      'modules/resources',
      'modules/ring',
      'modules/capture',
      'modules/device',
      'proto',
      'modules/message',
      'modules/uplink',
    ].map((folder) => `${folder}/manifest.json`),
    program: 'bench/programs/capture.ts',
    // Four blocks a collector: what is tried when a stream begins, and ever more seldom later, drops out.
    counts: { path: 12 * 4096 },
  });
  const { path, tableRead, nativeRead, naiveRecord, sensorData } = costs;
  const instructions = path!.instructions - tableRead!.instructions + nativeRead!.instructions;
  return [
    atMost(
      'timer to ring, an Analogs reading of 12 at 100 Hz',
      Math.round(instructions),
      'rv32 instructions',
      10_300,
    ),
    exactly('garbage of it', path!.garbage, 'B', 0),
    plain('of it the read itself (simulated `Analog`)', nativeRead!.instructions, 'rv32 instructions'),
    plain('a 24 B record by hand with CRC-32', naiveRecord!.instructions, 'rv32 instructions'),
    plain('a SensorData message by hand', sensorData!.instructions, 'rv32 instructions'),
  ];
}
