/**
 * `npm run soak [-- names] [--sample] [--amount n] [--seed s]`: what takes long. Each test/soak/<name>.ts is a task
 * (test/soak/task.ts); `--sample` runs the small part of it that CI runs. Exits 1 when one fails, naming its seed.
 */
import process from 'node:process';
import { Command } from 'commander';
import { listTasks, type Progress } from './soak/task';

const program = new Command('soak')
  .argument('[names...]', 'tasks; all when none is named')
  .option('--sample', 'the part that CI runs')
  .option('--amount <n>', 'how much, in the task’s own unit', Number)
  .option('--seed <n>', 'the first seed', Number, 1)
  .option('--list', 'only name the tasks')
  .parse();
const options = program.opts<{ sample?: boolean; amount?: number; seed: number; list?: boolean }>();
const tasks = await listTasks();
for (const name of program.args)
  if (!tasks.some((task) => task.name === name))
    program.error(`no task '${name}'; there are: ${tasks.map((task) => task.name).join(', ')}`);

/** Node ends in silence when nothing is left that could settle what is waited for. */
let running: string | undefined;
process.once('exit', () => {
  if (running !== undefined) console.error(`  FAILED: ${running} waits for what never comes`);
});

/** Milliseconds between two words of how far it is. */
const wordEvery = 60_000;

function progressOf(amount: number, unit: string): Progress {
  const start = performance.now();
  let last = start;
  return (done, found) => {
    const now = performance.now();
    if (found !== undefined) console.error(`  FOUND: ${found}`);
    else if (now - last < wordEvery || done >= amount) return;
    last = now;
    console.error(`  ${done} of ${amount} ${unit}, ${Math.round((now - start) / wordEvery)} min`);
  };
}

for (const { name, task } of tasks) {
  if (program.args.length > 0 && !program.args.includes(name)) continue;
  const amount = options.amount ?? (options.sample ? task.sample : task.full);
  console.log(
    `${name}: ${task.description}: ${amount} ${task.unit} (in CI ${task.sample}), seed ${options.seed}`,
  );
  if (options.list) continue;
  const start = performance.now();
  running = name;
  try {
    const result = await task.run(amount, options.seed, progressOf(amount, task.unit));
    console.log(`  ${result} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
  } catch (error) {
    console.error(`  FAILED: ${(error as Error).stack}`);
    process.exitCode = 1;
  }
  running = undefined;
}
