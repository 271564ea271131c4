/** What a page that somebody has open costs the part that it asks. */
import { atMost, type Figure, plain } from './figure';
import { measureInstructions } from './rv32/measure';

/** Instructions a second of an ESP32-C3 that runs from flash. */
const chip = 125e6;
/** Questions for figures between two for a slice of the flash map, once that is drawn. */
const questionsPerSlice = 10;
const megabyte = 1 << 20;

export default async function run(): Promise<Figure[]> {
  const { status, figures, flashMap } = await measureInstructions({
    include: ['bench/programs/page-manifest.json'],
    program: 'bench/programs/page.ts',
    counts: { status: 2, figures: 8, flashMap: 4 },
    device: [
      `flash\timage\t-\t${megabyte}`,
      `flash\tpartition\tcapture\t0\t${megabyte}`,
      'flash\ttiming\t0\t0\t0\t0',
    ],
  });
  const unit = 'rv32 instructions';
  const second = figures!.instructions + flashMap!.instructions / questionsPerSlice;
  return [
    plain('the figures of fifteen streams, once a second', figures!.instructions, unit),
    plain('garbage of these', figures!.garbage, 'B'),
    plain('a slice of the flash map, 64 sectors, every ten seconds', flashMap!.instructions, unit),
    plain('the whole status, once', status!.instructions, unit),
    atMost(
      'share of an ESP32-C3 while a page is open',
      (100 * second) / chip,
      '%',
      5,
      'of 125 MIPS; TLS is not in it',
    ),
  ];
}
