/**
 * For tests: a log on the strict disk beside a model of it, through lives that end as they please.
 *
 * The model: what was acknowledged is read, once, at its position, in this life and every later one, until it is
 * trimmed; it is trimmed only when every cursor is behind it; and whatever else is read was appended once, and is
 * read once.
 */
import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { isSluiceError, systemCode } from '../errors';
import type { Storage } from '../storage';
import { StrictDisk } from '../storage/strict-disk';
import { type Cursor, Log, type NewRecord, type Position } from './index';

export type Step =
  | { do: 'append'; appends: number[][] /* bytes of each record */ }
  | { do: 'read'; maxBytes: number }
  | { do: 'move'; cursor: number; share: number }
  | { do: 'trim' }
  | { do: 'reopen' }
  | { do: 'kill'; power: boolean }
  | { do: 'fail'; chance: number }
  | { do: 'full'; free: number }
  | { do: 'heal' };

const size = fc.oneof({ weight: 8, arbitrary: fc.nat(80) }, { weight: 1, arbitrary: fc.nat(3000) });

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      appends: fc.array(fc.array(size, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('read' as const), maxBytes: fc.integer({ min: 1, max: 4000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      cursor: fc.nat(1),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'trim' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'reopen' }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), power: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('fail' as const), chance: fc.constantFrom(0.1, 0.3, 1) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('full' as const), free: fc.nat(400) }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'heal' }) },
);

const cursorNames = ['kept-here', 'kept-elsewhere'];
const directory = '/var/log';

/** The name that a record's bytes begin with; every appended record has its own. */
function nameOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

export class LogModel {
  readonly disk: StrictDisk;
  /** Acknowledged, or found by a start: names by position. */
  readonly #known = new Map<Position, number>();
  /** Bytes of every record that was ever appended, by name. */
  readonly #appended = new Map<number, Uint8Array>();
  /** Not yet settled in this life. */
  readonly #pending = new Set<number>();
  /** What each cursor was moved to, and what of that is surely durable. */
  readonly #cursors = cursorNames.map(() => ({ moved: 0, durable: 0 }));
  #log!: Log;
  #held: Cursor[] = [];
  #death: Promise<void> = new Promise(() => undefined);
  /** How often the process died. */
  deaths = 0;

  constructor(seed: number) {
    this.disk = new StrictDisk(seed);
  }

  /** Runs the steps, then everything is read; `cut`: the process dies in the middle of that operation of the disk. */
  async run(steps: readonly Step[], cut?: { operation: number; power: boolean }): Promise<void> {
    if (cut) this.#death = this.disk.stopAt(cut.operation, cut);
    await this.#surviving(() => this.#open());
    for (const step of steps) await this.#surviving(() => this.#do(step));
    await this.#surviving(async () => this.#heal());
    await this.#surviving(() => this.#reopen());
    await this.#surviving(() => this.#append([[5], [7, 9]]));
    await this.#surviving(() => this.#read(1000));
    assert.equal(this.#log.damagedRecords, 0, 'nothing is reported as damaged');
  }

  /** When the process dies meanwhile, a new one goes on. */
  async #surviving(action: () => Promise<void>): Promise<void> {
    const died = await Promise.race([action().then(() => false), this.#death.then(() => true)]);
    if (died) await this.#revive();
  }

  async #revive(): Promise<void> {
    this.deaths++;
    this.#death = new Promise(() => undefined);
    this.#pending.clear();
    await this.#open();
    await this.#read(1000);
  }

  async #open(): Promise<void> {
    const storage: Storage = this.disk.mount();
    const options = {
      directory,
      storage,
      segmentBytes: 600,
      batchBytes: 400,
      atLeast: this.#cursors[1]!.durable,
    };
    for (;;) {
      try {
        this.#log = await Log.open(options);
        const first = await this.#log.openCursor(cursorNames[0]!);
        this.#held = [first, this.#log.attachCursor(cursorNames[1]!, this.#cursors[1]!.durable)];
        await this.#takeStock();
        break;
      } catch (error) {
        if (this.disk.fault === undefined && this.disk.capacity === Number.POSITIVE_INFINITY) throw error;
        this.#heal();
      }
    }
    const { moved, durable } = this.#cursors[0]!;
    const { position } = this.#held[0]!;
    assert.ok(
      position >= durable && position <= moved,
      `cursor at ${position}, not in ${durable} … ${moved}`,
    );
    this.#cursors[0]!.durable = position;
  }

  /** What a start finds beyond the acknowledged is from here on as good as that. */
  async #takeStock(): Promise<void> {
    for (const { position, name } of await this.#readAll(500)) {
      const known = this.#known.get(position);
      if (known !== undefined) assert.equal(name, known, `at ${position} is what was acknowledged there`);
      this.#known.set(position, name);
    }
    this.#checkNames();
  }

  #checkNames(): void {
    assert.equal(new Set(this.#known.values()).size, this.#known.size, 'no record is there twice');
  }

  async #do(step: Step): Promise<void> {
    if (step.do === 'append') await this.#append(step.appends);
    else if (step.do === 'read') await this.#read(step.maxBytes);
    else if (step.do === 'move') await this.#move(step.cursor, step.share);
    else if (step.do === 'trim') await this.#log.trim().catch((error) => this.#expected(error));
    else if (step.do === 'reopen') await this.#reopen();
    else if (step.do === 'fail') this.disk.failByChance(step.chance);
    else if (step.do === 'full') this.disk.capacity = this.disk.used + step.free;
    else if (step.do === 'heal') this.#heal();
    else {
      this.disk.kill(step);
      await this.#revive();
    }
  }

  #heal(): void {
    this.disk.fault = undefined;
    this.disk.capacity = Number.POSITIVE_INFINITY;
  }

  async #reopen(): Promise<void> {
    await this.#log.close();
    await this.#open();
  }

  async #append(appends: number[][]): Promise<void> {
    const log = this.#log;
    await Promise.all(
      appends.map(async (sizes) => {
        const records = sizes.map((bytes) => this.#newRecord(bytes));
        const names = records.map(({ bytes }) => nameOf(bytes));
        for (const name of names) this.#pending.add(name);
        try {
          const first = await log.writer.append(records);
          for (const [index, name] of names.entries()) {
            assert.equal(this.#known.has(first + index), false, `position ${first + index} is given once`);
            this.#known.set(first + index, name);
          }
        } catch (error) {
          this.#expected(error);
        }
        for (const name of names) this.#pending.delete(name);
      }),
    );
    this.#checkNames();
  }

  #newRecord(bytes: number): NewRecord {
    const name = this.#appended.size;
    const content = new Uint8Array(4 + bytes).fill(name & 0xff);
    new DataView(content.buffer).setUint32(0, name);
    this.#appended.set(name, content);
    return { kind: name % 256, bytes: content };
  }

  async #move(index: number, share: number): Promise<void> {
    const cursor = this.#held[index]!;
    const target = Math.floor(cursor.position + share * (this.#log.end - cursor.position));
    const at = this.#cursors[index]!;
    at.moved = Math.max(at.moved, target);
    await cursor.move(target).then(
      () => {
        at.durable = target;
      },
      (error) => this.#expected(error),
    );
  }

  async #read(maxBytes: number): Promise<void> {
    let found: { position: Position; name: number }[];
    try {
      found = await this.#readAll(maxBytes);
    } catch (error) {
      return this.#expected(error);
    }
    const seen = new Map(found.map(({ position, name }) => [position, name]));
    for (const [position, name] of this.#known)
      if (position >= this.#log.first) assert.equal(seen.get(position), name, `position ${position} is read`);
    for (const { position, name } of found)
      assert.ok(
        this.#known.get(position) === name || this.#pending.has(name),
        `${name} was not acknowledged`,
      );
    for (const { durable } of this.#cursors)
      assert.ok(this.#log.first <= durable, 'a cursor still needs what was trimmed');
  }

  async #readAll(maxBytes: number): Promise<{ position: Position; name: number }[]> {
    const reader = this.#log.reader();
    const found: { position: Position; name: number }[] = [];
    try {
      for (let from = reader.first; ; ) {
        const { records, next } = await reader.read(from, { maxBytes });
        if (records.length === 0) break;
        for (const { position, kind, bytes } of records) {
          assert.ok(position >= from && position < next, 'positions grow');
          from = position + 1;
          const name = nameOf(bytes);
          assert.deepEqual(bytes, this.#appended.get(name), `record ${name} is as it was appended`);
          assert.equal(kind, name % 256);
          found.push({ position, name });
        }
        from = next;
      }
    } finally {
      await reader.close();
    }
    return found;
  }

  /** Only what the disk was told to do. */
  #expected(error: unknown): void {
    const told = this.disk.fault !== undefined || this.disk.capacity < Number.POSITIVE_INFINITY;
    if (told && (systemCode(error) !== undefined || isSluiceError(error, 'log-congested'))) return;
    throw error;
  }
}
