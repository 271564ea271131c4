/**
 * For tests: an outbox on the strict disk that fills up, lives and dies, beside a model of what it was told and answered.
 */
import { isSluiceError, systemCode } from '@sluice/common/errors';
import type { Storage } from '../../common/storage/storage';
import { randomNumbers, StrictDisk, someOf } from '../../common/storage/strict-disk';
import { type CaptureFileMetadata, readCaptureFile } from '../../modules/block/file';
import type { BinaryMetadata, FileMetadata } from './entry';
import type { Item } from './items';
import { Outbox } from './outbox';
import type { StreamState } from './streams';
import { hastyClock } from './test-hasty-clock';

const destinations = ['cloud', 'broker'];
const streams = 3;
/** Operations of the disk within which a life ends. */
export const longestLife = 400;

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

const camera: BinaryMetadata = {
  part: 'main',
  owner: 'part',
  resource: 'rdk:component:camera/camera',
  method: 'binary',
  parameters: {},
  requested: 0,
  received: 0,
  extension: '.jpeg',
  tags: [],
};
const paper: FileMetadata = {
  part: 'main',
  owner: 'part',
  resource: 'file',
  method: 'file',
  parameters: {},
  fileName: 'paper',
  extension: '',
  tags: [],
};
/** Files that come, change and go. */
const files = 4;
const pathOf = (file: number) => `/data/${file}`;

/**
 * A life, and another that ends at each of its first `operations` of the disk: three times of four with the power.
 * @returns violations of the first that has any, with the operation
 */
export async function endAtEach(seed: number, operations: number): Promise<string[]> {
  for (let operation = 1; operation <= operations; operation++) {
    const model = new OutboxModel(seed);
    await model.live(true);
    await model.live(operation % 4 > 0, operation);
    await model.check();
    if (model.violations.length > 0) return [`seed ${seed}, operation ${operation}`, ...model.violations];
  }
  return [];
}

/** What an item holds: blocks `stream/sequence`, a binary `binary/number`, a file `file/number/version`. */
type Names = string[];

export class OutboxModel {
  readonly violations: string[] = [];
  /** Places that could not be read at starts. */
  unread = 0;
  readonly disk: StrictDisk;
  readonly #random: () => number;
  #outbox!: Outbox;
  #storage!: Storage;
  /** By stream: every block below was acknowledged. */
  readonly #acknowledged = new Array<number>(streams).fill(0);
  /** By destination: blocks of which a settlement was durable, or begun. */
  readonly #settled = new Map(destinations.map((name) => [name, new Set<string>()]));
  readonly #begun = new Map(destinations.map((name) => [name, new Set<string>()]));
  /** What was removed for want of space, or begun to be. */
  readonly #discarded = new Set<string>();
  #states: StreamState[] = [];
  /** Of which the promise was kept. */
  readonly #binaries = new Set<string>();
  #nextBinary = 0;
  /** By file: its contents, once they are durable. */
  readonly #files = new Map<number, string>();
  #nextVersion = 0;
  /** Whose owner died before he had synced them: a power cut takes such a file, and nobody can tell that from a hand. */
  readonly #unsynced = new Set<string>();

  /** @param failing starts are on a disk that fails, most of them */
  constructor(
    seed: number,
    readonly failing = false,
  ) {
    this.disk = new StrictDisk(seed);
    this.#random = randomNumbers(seed + 1);
  }

  /** A life until it is killed in the middle of an operation of the disk, its own number of it, or the power is cut. */
  async live(power: boolean, operation = 1 + this.#whole(longestLife)): Promise<void> {
    const dead = this.disk.stopAt(this.disk.operations + operation, { power });
    let isDead = false;
    void dead.then(() => {
      isDead = true;
    });
    const life = (async () => {
      await this.#openWithRoom();
      while (!isDead) await this.#act();
    })();
    await Promise.race([dead, life]);
    await dead;
  }

  /** What holds after a start, once the disk works again. */
  async check(): Promise<void> {
    this.disk.capacity = Number.POSITIVE_INFINITY;
    await this.#openOnFailing();
    for (let times = 0; this.#outbox.unread.length > 0 && times < 1_000; times++)
      await this.#outbox.checkpoint();
    for (const { path } of this.#outbox.unread) this.violations.push(`${path} is never read`);
    for (let file = 0; file < files; file++) await this.#outbox.adopt(pathOf(file), paper);
    await this.#outbox.complete();
    const states = this.#states;
    for (const [stream, next] of this.#acknowledged.entries())
      if (states[stream]!.durable < next)
        this.violations.push(
          `stream ${stream}: acknowledged ${next}, the watermark is ${states[stream]!.durable}`,
        );
    for (const name of destinations) await this.#checkDestination(name);
    await this.#checkFiles();
    await this.#outbox.close();
  }

  async #open(): Promise<void> {
    this.#storage = this.disk.mount();
    await this.#storage.makeDirectory('/data');
    this.#outbox = await Outbox.open({
      path: '/capture',
      storage: this.#storage,
      clock: hastyClock,
      destinations,
      maximumFileBytes: 2_000,
      journalBytes: 1 << 16,
      heldBytes: [0, 3_000, undefined][this.#whole(3)],
    });
    const outbox = this.#outbox;
    this.#states = Array.from({ length: streams }, (_, stream) => outbox.declare(metadataOf(stream)));
    outbox.events.on('durable', ({ states }) => {
      if (this.#outbox !== outbox) return;
      for (const { metadata, durable } of states) this.#acknowledged[metadata.stream] = durable;
    });
  }

  /** A disk that the life before has filled up may have no room for a start, not even a reserve: somebody makes some. */
  async #openWithRoom(): Promise<void> {
    try {
      await this.#openOnFailing();
    } catch (error) {
      this.#throwUnlessFull(error);
      this.disk.capacity = Number.POSITIVE_INFINITY;
      await this.#open();
    }
  }

  /** What it must know it has, or it does not start; it works again right after. */
  async #openOnFailing(): Promise<void> {
    delete this.disk.fault;
    if (!this.failing || this.#random() < 0.2) return this.#open();
    this.#failNow();
    const isOpen = await this.#open().then(
      () => true,
      (error) => {
        if (!isSluiceError(error, 'outbox-disk-failed')) throw error;
        return false;
      },
    );
    delete this.disk.fault;
    if (!isOpen) return this.#open();
    this.unread += this.#outbox.unread.length;
  }

  #failNow(): void {
    const isBad = someOf(this.#random(), this.#whole(2 ** 31));
    this.disk.failByChance(0.1 * this.#random(), (path) => isOurs(path) && isBad(path));
    const { fault } = this.disk;
    // It says that it is full only when it is.
    this.disk.fault = (operation) =>
      operation.path.startsWith('/capture') && fault?.(operation) !== undefined ? 'EIO' : undefined;
  }

  async #act(): Promise<void> {
    if (this.#random() < 0.05) this.#fillOrFree();
    try {
      await this.#actOnce();
    } catch (error) {
      this.#throwUnlessFull(error);
    }
  }

  #throwUnlessFull(error: unknown): void {
    // A binary has no place while neither of its directories can be listed.
    if (this.failing && isSluiceError(error, 'outbox-disk-failed')) return;
    if (this.disk.capacity === Number.POSITIVE_INFINITY || systemCode(error) !== 'ENOSPC') throw error;
  }

  #fillOrFree(): void {
    const isFull = this.disk.capacity < Number.POSITIVE_INFINITY;
    this.disk.capacity = isFull ? Number.POSITIVE_INFINITY : this.disk.used;
  }

  async #actOnce(): Promise<void> {
    const choice = this.#random();
    if (choice < 0.4) await this.#append();
    else if (choice < 0.47) await this.#binary();
    else if (choice < 0.54) await this.#file();
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

  async #binary(): Promise<void> {
    const name = `binary/${this.#nextBinary++}`;
    await this.#outbox.binary(camera, pieces(name));
    this.#binaries.add(name);
  }

  /** Its owner writes it anew, or does not; somebody finds it. */
  async #file(): Promise<void> {
    const file = this.#whole(files);
    if (this.#random() < 0.5) {
      const name = `file/${file}/${this.#nextVersion++}`;
      this.#files.delete(file);
      this.#unsynced.add(name);
      const written = this.#storage.replace(pathOf(file), new TextEncoder().encode(name));
      await written.finally(() => this.#unsynced.delete(name));
      this.#files.set(file, name);
    }
    await this.#outbox.adopt(pathOf(file), paper);
  }

  /** undefined: it is gone. */
  async #namesOf(item: Item): Promise<Names | undefined> {
    if (item.type === 'blocks') {
      const bytes = await this.#outbox.read(item);
      return bytes && namesIn(bytes);
    }
    const content = await this.#outbox.content(item);
    if (content === undefined) return undefined;
    let text = '';
    for await (const piece of content.pieces()) text += new TextDecoder().decode(piece);
    return [text];
  }

  async #settleOne(): Promise<void> {
    const name = destinations[this.#whole(2)]!;
    const waiting = [...this.#outbox.waiting(name)];
    const item = waiting[this.#whole(waiting.length)];
    if (item === undefined) return;
    const names = await this.#namesOf(item);
    if (names === undefined) return;
    const isDeleted = this.#random() < 0.1;
    const of = isDeleted ? destinations : [name];
    for (const each of of) for (const block of names) this.#begun.get(each)!.add(block);
    if (isDeleted) for (const block of names) this.#discarded.add(block);
    if (isDeleted) await this.#outbox.discard(item);
    else if (this.#random() < 0.2) await this.#outbox.setAside(item, name, 'no');
    else await this.#outbox.delivered(item, name);
    // What was removed while there was no room to say so, a power cut may bring back.
    if (isDeleted && this.disk.capacity < Number.POSITIVE_INFINITY) return;
    for (const each of of) for (const block of names) this.#settled.get(each)!.add(block);
  }

  async #checkDestination(name: string): Promise<void> {
    const found = new Map<string, number>();
    const there: Names = [];
    for (const item of this.#outbox.waiting(name)) {
      const names = await this.#namesOf(item);
      if (names === undefined) this.violations.push(`${item.key} is not there`);
      else there.push(...names);
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
    for (const binary of this.#binaries)
      if (!found.has(binary) && !this.#begun.get(name)!.has(binary))
        this.violations.push(`${binary} is lost for ${name}`);
    this.#checkAccount(name, there.length);
  }

  /** What somebody wrote is on the disk until every destination has it, and then it is not. */
  async #checkFiles(): Promise<void> {
    for (const [file, name] of this.#files) {
      const isThere = (await this.#storage.status(pathOf(file))) !== undefined;
      const begun = destinations.every((of) => this.#begun.get(of)!.has(name));
      const settled = destinations.every((of) => this.#settled.get(of)!.has(name));
      if (!isThere && !begun) this.violations.push(`${name} was removed before all had it`);
      if (isThere && settled) this.violations.push(`${name} is still there`);
    }
  }

  #checkAccount(name: string, there: number): void {
    let stored = 0;
    let received = 0;
    let deleted = 0;
    const methods: string[] = [];
    for (const { method, ...of } of this.#outbox.account(name)) {
      const sum = of.delivered.blocks + of.setAside.blocks + of.deleted.blocks + of.stored.blocks;
      const isOfBlocks = method.startsWith('method-');
      const readings = (isOfBlocks ? 3 : 1) * of.received.blocks;
      if (sum !== of.received.blocks || of.received.readings !== readings)
        this.violations.push(`${name} ${method}: ${JSON.stringify(of)}`);
      stored += of.stored.blocks;
      deleted += of.deleted.blocks;
      if (of.deleted.blocks > 0) methods.push(method);
      if (isOfBlocks) received += of.received.blocks;
    }
    if (stored !== there)
      this.violations.push(`${name}: ${stored} stored by the account, ${there} are there`);
    const mayBeGone = this.#discarded.size + this.#unsynced.size;
    if (deleted > mayBeGone)
      this.violations.push(
        `${name}: ${deleted} of ${methods} deleted by the account, ${mayBeGone} at most were`,
      );
    const taken = this.#states.reduce((sum, { durable }) => sum + durable, 0);
    if (received !== taken)
      this.violations.push(`${name}: ${received} received by the account, ${taken} by watermark`);
  }

  #whole(below: number): number {
    return Math.floor(this.#random() * below);
  }
}

/** Whether the outbox can do without it for a while. */
function isOurs(path: string): boolean {
  return path.startsWith('/capture/') && !path.includes('/.sluice/');
}

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  for (const character of text) yield new TextEncoder().encode(character);
}

function namesIn(bytes: Uint8Array): Names {
  const { metadata, blocks, torn } = readCaptureFile(bytes);
  if (torn) throw new Error('a torn file');
  return blocks.map(({ sequence }) => `${metadata.stream}/${sequence}`);
}
