/**
 * The whole system under faults, in virtual time: `npm run simulate -- --seeds 1000 --first-seed 1 --hours 6`.
 * The last line is `seeds N violations V`; exits 1 when V > 0. A seed gives the same run every time.
 */
import process from 'node:process';
import { Command, Option } from 'commander';
import { type WorldName, worldNames, worlds } from './simulation/worlds';

const program = new Command('simulate')
  .addOption(
    new Option('--world <name>', 'parts in XS, one that publishes to a broker, or a crowd that is replayed')
      .choices(worldNames)
      .default('parts'),
  )
  .option('--seeds <n>', 'how many', '100')
  .option('--first-seed <s>', 'the first of them', '1')
  .option('--hours <h>', 'virtual hours with faults, for each', '0.1')
  .option('--until-violation', 'ends with the first seed that has one')
  .option('--log', 'everything that happens, with its time')
  .parse();
const options = program.opts<{
  world: WorldName;
  seeds: string;
  firstSeed: string;
  hours: string;
  log?: boolean;
  untilViolation?: boolean;
}>();
const [seeds, first, hours] = [Number(options.seeds), Number(options.firstSeed), Number(options.hours)];
if (!(seeds >= 1 && Number.isInteger(first) && hours > 0))
  program.error('seeds, first-seed and hours are numbers');

const world = await worlds[options.world](options.log ?? false);
let ran = 0;
let violations = 0;
for (let seed = first; seed < first + seeds; seed++) {
  const found = await world.run(seed, hours);
  ran++;
  violations += found.length;
  for (const violation of found.slice(0, 5)) console.log(`seed ${seed}: ${violation}`);
  if (options.untilViolation && found.length > 0) break;
}
console.log(world.report());
console.log(`seeds ${ran} violations ${violations}`);
process.exitCode = violations > 0 ? 1 : 0;
