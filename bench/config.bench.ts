/** Reading a configuration on the device: how long everything else waits at a change. */
import { atMost, type Figure, plain } from './figure';
import { measureInstructions } from './rv32/measure';

export default async function (): Promise<Figure[]> {
  const counts = { indented: 2, minified: 2, wrong: 2 };
  const costs = await measureInstructions({
    include: ['modules/config/manifest.json'],
    program: 'bench/programs/config.ts',
    counts,
  });
  const unit = 'rv32 instructions';
  const second = 'an ESP32-C3 runs at most 160,000,000 a second';
  return [
    atMost(
      'read 15 collectors from 5 KB of indented JSON',
      costs.indented!.instructions,
      unit,
      45_000_000,
      second,
    ),
    atMost('the same minified, 2.2 KB', costs.minified!.instructions, unit, 40_000_000, second),
    atMost('refuse it for a comma too many at its end', costs.wrong!.instructions, unit, 20_000_000, second),
    plain('memory it passes through, indented', costs.indented!.garbage, 'B'),
  ];
}
