/** Runs the cases of a program inside the device, and traces what each costs as JSON. */

import prepare from 'bench/program';
import config from 'mc/config';
import { bytes, collect, collections, computrons, instructions } from 'sim/meter';

type Case = (count: number) => void;

interface Cost {
  instructions: number;
  bytes: number;
  computrons: number;
}

function cost(run: Case, count: number): Cost {
  collect();
  const before = collections();
  const startBytes = bytes();
  const startComputrons = computrons();
  const start = instructions();
  run(count);
  const end = instructions();
  const endComputrons = computrons();
  const used = bytes() - startBytes;
  if (collections() !== before) throw new Error('collected while measuring: take a smaller count');
  return { instructions: end - start, bytes: used, computrons: endComputrons - startComputrons };
}

export default function () {
  const cases = prepare() as Record<string, Case>;
  const counts = config.counts as Record<string, number>;
  for (const name of Object.keys(cases)) {
    const run = cases[name]!;
    const count = counts[name] ?? 256;
    run(count);
    run(count);
    const one = cost(run, count);
    const two = cost(run, 2 * count);
    trace(
      `${JSON.stringify({
        name,
        instructions: (two.instructions - one.instructions) / count,
        garbage: (two.bytes - one.bytes) / count,
        computrons: (two.computrons - one.computrons) / count,
      })}\n`,
    );
  }
}
