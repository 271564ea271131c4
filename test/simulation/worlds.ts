/** The simulated worlds by name, for who runs many seeds of one. */
import { type CrowdResult, crowdScenarioOf, runCrowd } from './crowd';
import { publishingScenarioOf } from './publishing-scenario';
import { type PublishingResult, runPublishing } from './publishing-world';
import { record } from './recording';
import { report, runSeed, type SeedResult, summarise } from './run';

export interface SeededWorld {
  /** @returns the violations of that seed */
  run(seed: number, hours: number): Promise<string[]>;
  /** Of all that was run, for people. */
  report(): string;
}

/** ms of a device that the parts of a crowd replay. */
const recorded = 60_000;

export const worldNames = ['parts', 'broker', 'crowd'] as const;
export type WorldName = (typeof worldNames)[number];

/** @param log each line of what happens goes to the console */
export const worlds: Record<WorldName, (log: boolean) => Promise<SeededWorld>> = {
  parts: async (log) => {
    const results: SeedResult[] = [];
    return {
      run: async (seed, hours) => {
        const result = await runSeed(seed, hours, { log });
        results.push({ ...result, log: [] });
        return result.violations;
      },
      report: () => report(summarise(results)),
    };
  },
  broker: async () => {
    const results: Omit<PublishingResult, 'violations'>[] = [];
    return {
      run: async (seed, hours) => {
        const { violations, ...result } = await runPublishing(publishingScenarioOf(seed, hours));
        results.push(result);
        return violations;
      },
      report: () => {
        const sum = sumsOf(results, ['read', 'arrived', 'repeated', 'overwritten', 'lostAtReboot']);
        return `readings: ${sum}\nfaults: ${countsOf(results)}`;
      },
    };
  },
  crowd: async () => {
    const recording = await record(recorded);
    const results: Omit<CrowdResult, 'violations'>[] = [];
    return {
      run: async (seed, hours) => {
        const { violations, ...result } = await runCrowd(crowdScenarioOf(seed, hours * 3_600_000), recording);
        results.push(result);
        return violations;
      },
      report: () => {
        const sum = sumsOf(results, ['captured', 'delivered', 'overwritten', 'lostAtReboot', 'deleted']);
        return `blocks: ${sum}\nfaults: ${countsOf(results)}`;
      },
    };
  },
};

function sumsOf<Key extends string>(results: Record<Key, number>[], keys: Key[]): string {
  return keys.map((key) => `${results.reduce((sum, result) => sum + result[key], 0)} ${key}`).join(', ');
}

function countsOf(results: { injected: Map<string, number> }[]): string {
  const counts = new Map<string, number>();
  for (const { injected } of results)
    for (const [kind, count] of injected) counts.set(kind, (counts.get(kind) ?? 0) + count);
  return [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ');
}

/** @param progress is told after each seed, and of each violation @returns a report @throws Error that names all of these */
export async function runSeeds(
  name: WorldName,
  first: number,
  amount: number,
  hours: number,
  progress: (done: number, found?: string) => void,
): Promise<string> {
  const world = await worlds[name](false);
  const found: string[] = [];
  for (let seed = first; seed < first + amount; seed++) {
    for (const violation of await world.run(seed, hours)) {
      found.push(`seed ${seed}: ${violation}`);
      progress(seed - first, found.at(-1));
    }
    progress(seed - first + 1);
  }
  if (found.length > 0) throw new Error([world.report(), ...found].join('\n'));
  return world.report();
}
