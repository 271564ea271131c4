/** One run of a scenario of a part that publishes: the firmware in XS, a broker that does its worst, virtual time. */
import { leaving } from './impostors';
import { checkPublished, type PublishedVerdict } from './published';
import { PublishingPart } from './publishing-part';
import type { BrokerFault, BrokerFaultKind, PublishingScenario } from './publishing-scenario';
import { Random } from './random';
import type { Message, Treatment } from './scripted-broker';

/** ms of calm after the faults, in which everything is delivered; what was taken since the last sync but one may be under way. */
const calm = 150_000;
const underWay = 40_000;
/** Messages a second of a broker that is slow. */
const slowRate = 3;

export interface PublishingResult extends PublishedVerdict {
  scenario: PublishingScenario;
  injected: Map<BrokerFaultKind, number>;
  connections: number;
}

export async function runPublishing(
  scenario: PublishingScenario,
  firmware?: string,
): Promise<PublishingResult> {
  const world = new PublishingWorld(scenario, firmware);
  try {
    return await world.run();
  } finally {
    await world.part.close();
  }
}

class PublishingWorld {
  readonly part: PublishingPart;
  /** What is wrong with the broker at this moment. */
  readonly #troubles = new Set<BrokerFault>();
  readonly #injected = new Map<BrokerFaultKind, number>();
  readonly #random: Random;
  /** ms of the clock: when a slow broker has done what it has. */
  #free = 0;
  readonly #scenario: PublishingScenario;

  constructor(scenario: PublishingScenario, firmware?: string) {
    this.#scenario = scenario;
    const { seed, frequencies, cacheKb, latency, syncMinutes } = scenario;
    this.#random = new Random(seed + 99);
    this.part = new PublishingPart({
      seed,
      frequencies,
      cacheKb,
      latency,
      syncMinutes,
      ...(firmware && { firmware }),
      reboots: 'automatic',
    });
    const { broker } = this.part;
    broker.treat = (message) => this.#treat(message);
    broker.welcomes = () => !this.#is('turns-away');
    broker.answers = () => !this.#is('never-answers');
  }

  async run(): Promise<PublishingResult> {
    const { part } = this;
    const scenario = this.#scenario;
    const { clock, broker } = part;
    await part.start();
    for (const fault of scenario.faults) clock.at(fault.at, () => this.#begin(fault));
    await clock.run(scenario.duration);
    await this.#settle();
    const injected = this.#injected;
    const end = clock.now() - underWay;
    return {
      scenario,
      injected,
      connections: broker.connections,
      ...checkPublished(await part.ended(), scenario, end),
    };
  }

  #is(kind: BrokerFaultKind): BrokerFault | undefined {
    for (const trouble of this.#troubles) if (trouble.kind === kind) return trouble;
    return undefined;
  }

  #treat({ at }: Message): Treatment | undefined {
    const random = this.#random;
    if (this.#is('never-answers') || this.#is('answers-pings-only')) return { lost: true };
    if (this.#is('hangs-up') && random.chance(0.05)) return { hangUp: true };
    if (this.#is('loses') && random.chance(0.05)) return { lost: true };
    if (this.#is('forgets-acknowledgements') && random.chance(0.05)) return { silent: true };
    if (this.#is('acknowledges-twice') && random.chance(0.2)) return { times: 2 };
    if (!this.#is('throttles')) return undefined;
    this.#free = Math.max(this.#free, at) + 1_000 / slowRate;
    return { delay: this.#free - at };
  }

  #begin(fault: BrokerFault): void | Promise<void> {
    const { kind, at: from, until, choice } = fault;
    const { network, device, clock } = this.part;
    this.#injected.set(kind, (this.#injected.get(kind) ?? 0) + 1);
    this.#troubles.add(fault);
    clock.at(until, () => void this.#troubles.delete(fault));
    switch (kind) {
      case 'ends-after-bytes':
        return network.cutAfter(choice < 0.7 ? 'up' : 'down', Math.floor((choice * 30_000) % 6_000));
      case 'refuses-connections':
        network.cut(from + 1);
        return network.refuse(PublishingPart.host, PublishingPart.port, { from, until });
      case 'route-away':
        return network.blackhole({ from, until });
      case 'access-point-away':
        return network.accessPointDown('sim', { from, until });
      case 'name-away':
        network.cut(from + 1);
        return network.namesDown({ from, until });
      case 'impostor':
        network.cut(from + 1);
        network.impostor = leaving('HTTP/1.1 400 Bad Request\r\n\r\n');
        return void clock.at(until, () => {
          network.impostor = undefined;
        });
      case 'device-power-cut':
        return device.running ? device.powerCut() : undefined;
      case 'device-reset':
        return device.reboot();
    }
  }

  /** Everything works again; the network is away for long enough to be missed, so that nobody waits for an hour. */
  async #settle(): Promise<void> {
    const { network, clock, device } = this.part;
    this.#troubles.clear();
    network.impostor = undefined;
    network.forgetCuts();
    network.accessPointDown('sim', { from: clock.now() + 1, until: clock.now() + 10_000 });
    if (!device.running) await device.reboot();
    await clock.run(10_000 + calm);
  }
}
