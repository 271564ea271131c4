/** Whoever can reach the gateway is there soon: how long parts were away that nothing kept away. */
import { type Fault, type FaultKind, longestTwin } from './scenario';
import type { Outcome } from './world';

type Span = [from: number, to: number];

/** ms until a part is back, whatever came before: a handshake that nobody answers, a pause, and the way. */
const longestReturn = 45_000;
/** ms beyond its interval until one that sleeps is back: it joins anew, and what is missing then has pauses of its own. */
const longestAwakening = 15_000;
/** ms for which the gateway sends the second of two devices away, and some. */
const sentAway = 65_000;

const end = ({ at, duration }: Fault): number => at + duration;
/** Whoever answers and takes nothing is left alone for as long again as that went on. */
const asLongAgain = ({ at, duration }: Fault): number => at + 2 * duration;

/** Until when a fault keeps a part away, ms of the clock; others are over at once, or keep nobody away. */
const keptAway: Partial<Record<FaultKind, (fault: Fault) => number>> = {
  'wifi-down': end,
  'half-open': end,
  refused: end,
  impostor: end,
  'name-away': end,
  'name-forged': end,
  lossy: asLongAgain,
  'false-gateway': asLongAgain,
  'disk-full': asLongAgain,
  'disk-errors': asLongAgain,
  twin: ({ at, duration }) => at + Math.min(duration, longestTwin) + sentAway,
};

/** When something kept a part away. @param but of this kind */
export function hindrances({ scenario, link, simulated }: Outcome, part: string, but?: FaultKind): Span[] {
  const faults = scenario.faults.flatMap((fault): Span[] => {
    const until = keptAway[fault.kind]?.(fault);
    const isHit = fault.kind !== 'twin' || scenario.parts[fault.part]!.name === part;
    return until === undefined || !isHit || fault.kind === but ? [] : [[fault.at, until]];
  });
  const stops = link.service.map(({ until }, index): Span => {
    return [until ?? simulated, link.service[index + 1]?.at ?? simulated];
  });
  return [...faults, ...stops];
}

/** What is left of a span. */
function without(span: Span, others: readonly Span[]): Span[] {
  let left = [span];
  for (const [from, to] of others)
    left = left
      .flatMap(([a, b]): Span[] => [
        [a, Math.min(b, from)],
        [Math.max(a, to), b],
      ])
      .filter(([a, b]) => a < b);
  return left;
}

export function checkAbsences(outcome: Outcome, violations: string[]): void {
  const { scenario, link, simulated } = outcome;
  for (const { name, sleeps, intervalMinutes } of scenario.parts) {
    const longest = longestReturn + (sleeps ? intervalMinutes * 60_000 + longestAwakening : 0);
    const stays = link.stays.filter(({ part }) => part === name);
    const spans = stays.map(({ at, until = simulated }): Span => [at, until]);
    for (const [from, to] of without([0, scenario.duration], [...spans, ...hindrances(outcome, name)]))
      if (to - from > longest)
        violations.push(
          `${name} was away from ${Math.round(from)} to ${Math.round(to)} ms, and nothing kept it away`,
        );
  }
}
