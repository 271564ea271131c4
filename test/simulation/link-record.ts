/** What went over the links of a world, for its checks: who was there, who was sent away, what became of configurations. */

import type { Boot } from '../../gateway/outbox/streams';
import { bootText } from '../../modules/block/boot-text';
import type { link } from '../../proto/link.js';

interface Passage {
  part: string;
  boot: string;
  /** ms of the clock. */
  at: number;
}

export interface Stay extends Passage {
  /** ms of the clock; absent: to the end. */
  until?: number;
}

/** What a device says of a configuration, or the gateway of one that it cannot hand over. */
export interface ConfigurationAnswer extends Passage {
  revision: string;
  applied: boolean;
  problems: link.IProblem[];
}

/** A device was told that another has its name. */
export interface Rivalry extends Passage {
  /** What the gateway shows of it. */
  shown: string | undefined;
}

/** Of a session, as far as it is needed here. */
interface Party {
  part: string;
  boot: Boot;
}

export class LinkRecord {
  /** From the moment that a session is open to its end. */
  readonly stays: Stay[] = [];
  readonly answers: ConfigurationAnswer[] = [];
  readonly rivalries: Rivalry[] = [];
  /** The gateway ran. */
  readonly service: { at: number; until?: number }[] = [];
  readonly #open = new Map<object, Stay>();

  constructor(readonly now: () => number) {}

  started(): void {
    this.service.push({ at: this.now() });
  }

  opened(session: Party): void {
    const stay = this.#passage(session);
    this.stays.push(stay);
    this.#open.set(session, stay);
  }

  ended(session: Party): void {
    const stay = this.#open.get(session);
    if (stay !== undefined) stay.until = this.now();
    this.#open.delete(session);
  }

  /** The gateway ends, and with it all sessions. */
  stopped(): void {
    const service = this.service.at(-1);
    if (service !== undefined) service.until ??= this.now();
    for (const stay of this.#open.values()) stay.until = this.now();
    this.#open.clear();
  }

  answered(session: Party, { revision, applied, problems }: link.IConfigurationResult): void {
    const answer = { revision: revision ?? '', applied: applied ?? false, problems: problems ?? [] };
    this.answers.push({ ...this.#passage(session), ...answer });
  }

  /** @param shown what the gateway shows of several devices of that name */
  told(session: Party, { refusal }: link.Envelope, shown: () => string | undefined): void {
    if (refusal?.code === 'duplicate-part')
      this.rivalries.push({ ...this.#passage(session), shown: shown() });
  }

  #passage({ part, boot }: Party): Passage {
    return { part, boot: bootText(boot), at: this.now() };
  }
}
