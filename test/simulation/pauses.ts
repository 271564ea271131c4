/**
 * What ran goes on: the own pins of a device are read from its start to its end, whatever else comes; but not those for
 * which a configuration that it may have started with leaves no memory.
 */
import { budgetOf } from '../../modules/config/memory-budget';
import { parsePart } from '../../modules/config/part';
import type { PartOutcome } from './simulated-part';
import type { Outcome } from './world';

/** ms: two reads at 0.5 Hz, a change of the frequency in between, and a moment in which a device does something else. */
const longestPause = 8_000;
/** ms before a restart that is planned: what was read goes out. */
const longestDrain = 12_000;

/** A collector of the board, by its place among the device's own. */
const ofBoard = /^components\[0\]\.service_configs\[0\]\.attributes\.capture_methods\[(\d+)\]/;

interface Pause {
  from: number;
  to: number;
}

export function checkPauses(outcome: Outcome, part: PartOutcome, violations: string[]): void {
  const { name, boots, pins, truth, exits } = part;
  const starts = new Map(boots.map(({ ordinal, at }) => [ordinal, at]));
  const place = (boot: number, pin: number) => `boot ${boot}, P${pin}`;
  const last = new Map<string, number>();
  const longest = new Map<string, Pause>();
  const pass = (boot: number, pin: number, to: number) => {
    const key = place(boot, pin);
    const from = last.get(key) ?? starts.get(boot);
    last.set(key, to);
    const before = longest.get(key);
    if (from !== undefined && to - from > (before ? before.to - before.from : 0))
      longest.set(key, { from, to });
  };
  for (let i = 0; i < truth.length; i++)
    if (!truth.written[i]) pass(truth.boot[i]!, truth.pin[i]!, truth.time[i]!);
  for (const { boot, at, reason } of exits)
    for (const pin of pins) pass(boot, pin, reason === 'restart' ? at - longestDrain : at);
  for (const pin of pins)
    for (const { ordinal } of boots) {
      const pause = longest.get(place(ordinal, pin));
      if (pause === undefined || pause.to - pause.from <= longestPause) continue;
      if (!pinsWithoutMemory(outcome, part, pause).has(pin))
        violations.push(
          `${name}, ${place(ordinal, pin)}: not read from ${Math.round(pause.from)} to ${Math.round(pause.to)} ms`,
        );
    }
}

/** Of what a device had by the end of a pause, the last two of before it. */
function pinsWithoutMemory({ scenario, configured }: Outcome, part: PartOutcome, pause: Pause): Set<number> {
  const { board } = scenario.parts.find(({ name }) => name === part.name)!;
  const all = configured.filter((one) => one.part === part.name && one.at < pause.to);
  const before = all.filter(({ at }) => at < pause.from).length;
  const pins = new Set<number>();
  for (const { configuration } of all.slice(Math.max(0, before - 2))) {
    const plan = parsePart(configuration.part, configuration.additions, undefined, budgetOf(board));
    for (const { code, path } of plan.problems) {
      const [, index] = ofBoard.exec(path ?? '') ?? [];
      if (code === 'no-memory' && index !== undefined) pins.add(part.pins[Number(index)]!);
    }
  }
  return pins;
}
