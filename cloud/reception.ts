/**
 * What every door hands in. In: messages and capture files, and who sends them. Out: arrivals to the intake, what became
 * of each, counters. Holds: what is kept is durable when the promise is; a wrong message is counted and refused alone.
 */
import { anybody, type Principal } from '@sluice/common/access';
import { asError } from '@sluice/common/errors';
import { BlockDoor, type BlocksAnswer, type Sender } from './doors/blocks';
import type { Counters } from './doors/counters';
import type { Incoming } from './doors/messages';
import type { DoorName, Traffic } from './doors/traffic';
import type { MessageArrival } from './inbox/arrival';
import type { Intake } from './inbox/intake';
import type { Keeper } from './keeper';
import { checkMessage, type Refusal, type Topic } from './message/message';
import type { Owed } from './owed';
import type { SeldomLog } from './seldom-log';

export interface ReceptionOptions {
  intake: Intake;
  keeper: Pick<Keeper, 'admit' | 'admitArrivals'>;
  owed: Owed;
  /** Whether a project's blocks become JSON lines at arrival. */
  asJson(appId: string): boolean;
  counters: Counters;
  traffic: Traffic;
  log: SeldomLog;
  now(): number;
}

export interface Stored {
  stored: number;
  duplicates: number;
}

/** What became of messages that came together. */
export interface Received extends Stored {
  /** By their places in what came. */
  refused: { index: number; refusal: Refusal }[];
}

/** Messages that are on their way to the disk at once, of those that came together. */
const togetherAtOnce = 1_000;

export class Reception {
  readonly #options: ReceptionOptions;
  readonly #blockDoor: BlockDoor;

  constructor(options: ReceptionOptions) {
    this.#options = options;
    const { intake, now, asJson, keeper, owed } = options;
    this.#blockDoor = new BlockDoor({
      intake,
      now,
      asJson,
      admit: (bytes) => keeper.admit(owed.bytes + bytes),
      owe: (bytes) => owed.add(bytes),
    });
  }

  /** Takes a message; the promise is kept when it is durable, and broken when it is not. */
  async receive(
    payload: Uint8Array,
    topic: Topic | undefined,
    sender: Principal = anybody,
    door: DoorName = 'http',
  ): Promise<Stored | { refusal: Refusal }> {
    const { stored, duplicates, refused } = await this.receiveAll([{ payload, topic }], sender, door);
    return refused[0] ?? { stored, duplicates };
  }

  /** Takes messages that came together, in one commit; kept when they are durable, and broken when any is not. */
  async receiveAll(
    messages: readonly Incoming[],
    sender: Principal = anybody,
    door: DoorName = 'http',
  ): Promise<Received> {
    const { intake, now, traffic } = this.#options;
    const arrived = now();
    const arrivals: MessageArrival[] = [];
    const refused: Received['refused'] = [];
    for (const [index, { payload, topic }] of messages.entries()) {
      const checked = checkMessage(payload, topic, arrived);
      if ('refusal' in checked) refused.push({ index, refusal: this.#refuse(checked.refusal, topic) });
      else if (!sender.mayWrite(checked.appId))
        refused.push({ index, refusal: this.#forbid(checked.appId, sender) });
      else {
        traffic.note(door, checked.appId, payload.length);
        arrivals.push({ kind: 'message', arrived, ...checked });
      }
    }
    const count = arrivals.length;
    const stored = count === 0 ? 0 : await this.#taken(() => intake.messages(arrivals), count);
    return { ...this.#count(stored, count), refused };
  }

  /** Takes messages that belong together, of Viam's door: all of them, or none. Kept and broken as `receiveAll`. */
  async receiveTogether(
    payloads: readonly Uint8Array[],
    sender: Principal = anybody,
  ): Promise<Stored | { refusal: Refusal; index: number }> {
    const { intake, now } = this.#options;
    const arrived = now();
    const arrivals: MessageArrival[] = [];
    for (const [index, payload] of payloads.entries()) {
      const checked = checkMessage(payload, undefined, arrived);
      if ('refusal' in checked) return { refusal: this.#refuse(checked.refusal, undefined), index };
      if (!sender.mayWrite(checked.appId)) return { refusal: this.#forbid(checked.appId, sender), index };
      arrivals.push({ kind: 'message', arrived, ...checked });
    }
    let stored = 0;
    for (const { appId, line } of arrivals) this.#options.traffic.note('viam', appId, line.length);
    for (let from = 0; from < arrivals.length; from += togetherAtOnce) {
      const some = arrivals.slice(from, from + togetherAtOnce);
      stored += await this.#taken(() => intake.messages(some), some.length);
    }
    return this.#count(stored, arrivals.length);
  }

  /** Takes a capture file's blocks; kept and broken as `receive`. A text says why the file is of no use. */
  async receiveBlocks(file: Uint8Array, sender: Sender): Promise<BlocksAnswer | string> {
    const { counters, log, traffic } = this.#options;
    traffic.note('blocks', sender.appId, file.length);
    const answer = await this.#taken(() => this.#blockDoor.receive(file, sender));
    if (typeof answer === 'string') {
      counters.refusedFiles++;
      log.write('warn', { reason: answer }, 'a capture file was refused');
      return answer;
    }
    counters.blocks += answer.blocks;
    counters.duplicateBlocks += answer.duplicates;
    counters.refusedBlocks += answer.refused.length;
    counters.stored += answer.readings;
    if (answer.refused.length > 0)
      log.write('warn', { refused: answer.refused.slice(0, 10) }, 'blocks were refused');
    return answer;
  }

  #count(stored: number, of: number): Stored {
    const { counters } = this.#options;
    counters.stored += stored;
    counters.duplicates += of - stored;
    return { stored, duplicates: of - stored };
  }

  #refuse(refusal: Refusal, topic: Topic | undefined): Refusal {
    const { counters, log } = this.#options;
    const { kind, path, message } = refusal;
    counters[kind === 'identifiers' ? 'ignored' : 'invalid']++;
    log.write('warn', { path, reason: message, topic }, 'a message was refused');
    return refusal;
  }

  #forbid(appId: string, { name }: Principal): Refusal {
    const { counters, log } = this.#options;
    counters.ignored++;
    log.write('warn', { appId, user: name }, 'a message for another project was refused');
    return { kind: 'forbidden', path: '$.app_id', message: `is no project of '${name}'` };
  }

  /** @param count what failed when it fails */
  async #taken<T>(take: () => Promise<T>, count = 1): Promise<T> {
    const { keeper, counters, log } = this.#options;
    try {
      keeper.admitArrivals();
      return await take();
    } catch (error) {
      counters.failed += count;
      log.write('error', { error: asError(error).message }, 'what arrived could not be kept');
      throw error;
    }
  }
}
