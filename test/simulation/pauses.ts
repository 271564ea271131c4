/** What ran goes on: the own pins of a device are read from its start to its end, whatever else comes. */
import type { PartOutcome } from './simulated-part';

/** ms: two reads at 0.5 Hz, a change of the frequency in between, and a moment in which a device does something else. */
const longestPause = 8_000;
/** ms before a restart that is planned: what was read goes out. */
const longestDrain = 12_000;

interface Pause {
  from: number;
  to: number;
}

export function checkPauses({ name, boots, pins, truth, exits }: PartOutcome, violations: string[]): void {
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
      if (pause !== undefined && pause.to - pause.from > longestPause)
        violations.push(
          `${name}, ${place(ordinal, pin)}: not read from ${Math.round(pause.from)} to ${Math.round(pause.to)} ms`,
        );
    }
}
