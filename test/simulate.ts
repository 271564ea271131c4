/**
 * The whole system under faults, in virtual time: `npm run simulate -- --seeds 1000 --first-seed 1 --hours 6`.
 * The last line is `seeds N violations V`; exits 1 when V > 0. A seed gives the same run every time.
 */
import process from 'node:process';
import { Command } from 'commander';
import { report, runSeed, type SeedResult, summarise } from './simulation/run';

const program = new Command('simulate')
  .option('--seeds <n>', 'how many', '100')
  .option('--first-seed <s>', 'the first of them', '1')
  .option('--hours <h>', 'virtual hours with faults, for each', '0.1')
  .option('--until-violation', 'ends with the first seed that has one')
  .option('--log', 'everything that happens, with its time')
  .parse();
const options = program.opts<{
  seeds: string;
  firstSeed: string;
  hours: string;
  log?: boolean;
  untilViolation?: boolean;
}>();
const [seeds, first, hours] = [Number(options.seeds), Number(options.firstSeed), Number(options.hours)];
if (!(seeds >= 1 && Number.isInteger(first) && hours > 0))
  program.error('seeds, first-seed and hours are numbers');

const results: SeedResult[] = [];
for (let seed = first; seed < first + seeds; seed++) {
  const result = await runSeed(seed, hours, { log: options.log ?? false });
  result.log = [];
  results.push(result);
  for (const violation of result.violations.slice(0, 5)) console.log(`seed ${seed}: ${violation}`);
  if (options.untilViolation && result.violations.length > 0) break;
}
const summary = summarise(results);
console.log(report(summary));
console.log(`seeds ${summary.seeds} violations ${summary.violations}`);
process.exitCode = summary.violations > 0 ? 1 : 0;
