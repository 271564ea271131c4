/** The tests by chance (test/chance.ts), with other seeds than CI's and many times the runs. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import type { SoakTask } from './task';

const repository = join(import.meta.dirname, '..', '..');

/** Of each property, for one of CI's. */
const runs = 50;

/** Whatever imports the seed or `runs`, or draws with fast-check. */
function filesByChance(): string[] {
  const { stdout } = spawnSync('git', ['grep', '-lE', `from '(fast-check|.*/chance)'`, '--', '*.test.ts'], {
    cwd: repository,
    encoding: 'utf8',
  });
  return stdout.trim().split('\n');
}

export const task: SoakTask = {
  description: `every property holds, ${runs} times as often tried, from whatever seed`,
  unit: 'seeds',
  // CI runs the tests themselves.
  sample: 0,
  full: 20,
  async run(amount, first) {
    const files = filesByChance();
    for (let seed = first; seed < first + amount; seed += 1) {
      const { status, stdout, stderr } = spawnSync('npx', ['vitest', 'run', '--testTimeout=0', ...files], {
        cwd: repository,
        env: { ...process.env, SEED: String(seed), RUNS: String(runs) },
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      if (status !== 0) throw new Error(`SEED=${seed} RUNS=${runs} fails:\n${stdout}${stderr}`);
    }
    return `${files.length} files of tests`;
  },
};
