/** What happens in one run of a part that publishes by itself: the part, and what its broker and its way do to it. */
import { Random } from './random';

export const brokerFaultKinds = [
  'loses',
  'forgets-acknowledgements',
  'acknowledges-twice',
  'throttles',
  'never-answers',
  'answers-pings-only',
  'hangs-up',
  'ends-after-bytes',
  'turns-away',
  'refuses-connections',
  'route-away',
  'access-point-away',
  'name-away',
  'impostor',
  'device-power-cut',
  'device-reset',
] as const;
export type BrokerFaultKind = (typeof brokerFaultKinds)[number];

export interface BrokerFault {
  kind: BrokerFaultKind;
  /** ms of the clock. */
  at: number;
  until: number;
  /** Uniform in [0, 1), for whatever else is to be chosen. */
  choice: number;
}

export interface PublishingScenario {
  seed: number;
  /** ms with faults; a calm end follows in which everything is delivered. */
  duration: number;
  /** Hz of its collectors, each with an analog pin of its own. */
  frequencies: number[];
  cacheKb: number;
  syncMinutes: number;
  /** ms one way. */
  latency: number;
  faults: BrokerFault[];
}

export function publishingScenarioOf(seed: number, hours: number): PublishingScenario {
  const random = new Random(seed + 424_242);
  const duration = hours * 3_600_000;
  const frequencies = Array.from({ length: random.whole(1, 3) }, () => random.pick([0.5, 1, 2, 5, 10]));
  const count = Math.max(4, Math.round((duration / 90_000) * random.between(0.5, 1.5)));
  const faults = Array.from({ length: count }, (): BrokerFault => {
    const kind = random.pick(brokerFaultKinds);
    const at = Math.round(random.between(2_000, duration));
    const longest = random.chance(0.2) ? duration / 3 : 40_000;
    return {
      kind,
      at,
      until: Math.min(duration, at + Math.round(random.between(1_000, longest))),
      choice: random.next(),
    };
  });
  return {
    seed,
    duration,
    frequencies,
    cacheKb: random.pick([5, 20, 20]),
    syncMinutes: random.pick([0.05, 0.1, 0.1, 0.5]),
    latency: random.pick([5, 20, 80]),
    faults: faults.sort((a, b) => a.at - b.at),
  };
}
