/**
 * For tests: an outbox on the strict disk that lives and dies, beside a model of what it was told and what it answered.
 */
import { randomNumbers, StrictDisk } from '../../common/storage/strict-disk';
import { type CaptureFileMetadata, readCaptureFile } from '../../modules/block/file';
import { Outbox } from './outbox';
import type { StreamState } from './streams';

const destinations = ['cloud', 'broker'];
const streams = 3;
/** Operations of the disk within which a life ends. */
const longestLife = 400;

function metadataOf(stream: number): CaptureFileMetadata {
  return {
    part: 'part',
    boot: { counter: 1, random: 7 },
    stream,
    owner: 'part',
    resource: 'rdk:component:board/board',
    method: `method-${stream % 2}`,
    parameters: {},
    kind: 'integer',
    period: { numerator: 1, denominator: 1 },
    tags: [],
  };
}

/** Blocks of an item, `stream/sequence`. */
type Names = string[];

export class OutboxModel {
  readonly violations: string[] = [];
  readonly disk: StrictDisk;
  readonly #random: () => number;
  #outbox!: Outbox;
  /** By stream: every block below was acknowledged. */
  readonly #acknowledged = new Array<number>(streams).fill(0);
  /** By destination: blocks of which a settlement was durable, or begun. */
  readonly #settled = new Map(destinations.map((name) => [name, new Set<string>()]));
  readonly #begun = new Map(destinations.map((name) => [name, new Set<string>()]));
  #states: StreamState[] = [];

  constructor(seed: number) {
    this.disk = new StrictDisk(seed);
    this.#random = randomNumbers(seed + 1);
  }

  /** A life until it is killed in the middle of some operation, or the power is cut. */
  async live(power: boolean): Promise<void> {
    const dead = this.disk.stopAt(this.disk.operations + 1 + this.#whole(longestLife), { power });
    let isDead = false;
    void dead.then(() => {
      isDead = true;
    });
    const life = (async () => {
      await this.#open();
      while (!isDead) await this.#act();
    })();
    await Promise.race([dead, life]);
    await dead;
  }

  /** What holds after a start, without anything going wrong. */
  async check(): Promise<void> {
    await this.#open();
    await this.#outbox.complete();
    const states = this.#states;
    for (const [stream, next] of this.#acknowledged.entries())
      if (states[stream]!.durable < next)
        this.violations.push(
          `stream ${stream}: acknowledged ${next}, the watermark is ${states[stream]!.durable}`,
        );
    for (const name of destinations) await this.#checkDestination(name);
    await this.#outbox.close();
  }

  async #open(): Promise<void> {
    this.#outbox = await Outbox.open({
      path: '/capture',
      storage: this.disk.mount(),
      destinations,
      maximumFileBytes: 2_000,
      journalBytes: 1 << 16,
    });
    const outbox = this.#outbox;
    this.#states = Array.from({ length: streams }, (_, stream) => outbox.declare(metadataOf(stream)));
    outbox.events.on('durable', ({ states }) => {
      if (this.#outbox !== outbox) return;
      for (const { metadata, durable } of states) this.#acknowledged[metadata.stream] = durable;
    });
  }

  async #act(): Promise<void> {
    const choice = this.#random();
    if (choice < 0.5) await this.#append();
    else if (choice < 0.65) await this.#outbox.complete();
    else if (choice < 0.75) await this.#outbox.checkpoint();
    else await this.#settleOne();
  }

  async #append(): Promise<void> {
    const state = this.#states[this.#whole(streams)]!;
    const { stream } = state.metadata;
    const count = 1 + this.#whole(8);
    for (let i = 0; i < count; i++) {
      const sequence = state.next;
      const bytes = new Uint8Array(50 + this.#whole(400)).fill(stream * 100 + (sequence % 100));
      const block = { sequence, readings: 3, start: sequence * 10, end: sequence * 10 + 9, bytes };
      if (this.#outbox.append(state, block, 1_000) !== 'taken') return;
    }
    const wanted = state.next;
    while (this.#random() < 0.7 && state.durable < wanted)
      await new Promise((resolve) => setImmediate(resolve));
  }

  async #settleOne(): Promise<void> {
    const name = destinations[this.#whole(2)]!;
    const waiting = [...this.#outbox.waiting(name)];
    const item = waiting[this.#whole(waiting.length)];
    if (item === undefined) return;
    const bytes = await this.#outbox.read(item);
    if (bytes === undefined) return;
    const names = namesIn(bytes);
    const isDeleted = this.#random() < 0.1;
    const of = isDeleted ? destinations : [name];
    for (const each of of) for (const block of names) this.#begun.get(each)!.add(block);
    if (isDeleted) await this.#outbox.discard(item);
    else if (this.#random() < 0.2) await this.#outbox.setAside(item, name, 'no');
    else await this.#outbox.delivered(item, name);
    for (const each of of) for (const block of names) this.#settled.get(each)!.add(block);
  }

  async #checkDestination(name: string): Promise<void> {
    const found = new Map<string, number>();
    const there: Names = [];
    for (const item of this.#outbox.waiting(name)) {
      const bytes = await this.#outbox.read(item);
      if (bytes === undefined) this.violations.push(`${item.key} is not there`);
      else there.push(...namesIn(bytes));
    }
    for (const block of there) found.set(block, (found.get(block) ?? 0) + 1);
    for (const [block, count] of found) {
      if (count > 1) this.violations.push(`${block} is there ${count} times for ${name}`);
      if (this.#settled.get(name)!.has(block)) this.violations.push(`${block} came back for ${name}`);
    }
    for (const [stream, next] of this.#acknowledged.entries())
      for (let sequence = 0; sequence < next; sequence++) {
        const block = `${stream}/${sequence}`;
        if (!found.has(block) && !this.#begun.get(name)!.has(block))
          this.violations.push(`${block} is lost for ${name}`);
      }
    this.#checkAccount(name, there.length);
  }

  #checkAccount(name: string, there: number): void {
    let stored = 0;
    let received = 0;
    for (const { method, ...of } of this.#outbox.account(name)) {
      const sum = of.delivered.blocks + of.setAside.blocks + of.deleted.blocks + of.stored.blocks;
      if (sum !== of.received.blocks || of.received.readings !== 3 * of.received.blocks)
        this.violations.push(`${name} ${method}: ${JSON.stringify(of)}`);
      stored += of.stored.blocks;
      received += of.received.blocks;
    }
    if (stored !== there)
      this.violations.push(`${name}: ${stored} stored by the account, ${there} are there`);
    const taken = this.#states.reduce((sum, { durable }) => sum + durable, 0);
    if (received !== taken)
      this.violations.push(`${name}: ${received} received by the account, ${taken} by watermark`);
  }

  #whole(below: number): number {
    return Math.floor(this.#random() * below);
  }
}

function namesIn(bytes: Uint8Array): Names {
  const { metadata, blocks, torn } = readCaptureFile(bytes);
  if (torn) throw new Error('a torn file');
  return blocks.map(({ sequence }) => `${metadata.stream}/${sequence}`);
}
