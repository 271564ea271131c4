/**
 * How far a named consumer is. The log is never trimmed beyond a cursor that is durable behind.
 *
 * A cursor's file, little endian: magic "SLUICECU" | u16 version | u16 0 | f64 position | u32 CRC-32 of all before;
 * replaced whole. A consumer that keeps its position in its own store, in the transaction of what it stores, has a
 * cursor without a file: the log only knows how far it may trim.
 */
import { join } from 'node:path';
import { crc32 } from '../checksum/crc32';
import { SluiceError } from '../errors';
import type { Storage } from '../storage';
import type { Position } from './format';
import type { Segments } from './segments';

export interface Lag {
  records: number;
  bytes: number;
  /** Since the oldest record that is behind was written; 0 when none is. */
  milliseconds: number;
}

const magic = new TextEncoder().encode('SLUICECU');
const version = 1;
const fileBytes = 24;
const extension = '.cursor';

export class Cursor {
  readonly name: string;
  readonly #segments: Segments;
  readonly #store?: (position: Position) => Promise<void>;
  #position: Position;
  #durable: Position;
  #storing?: Promise<void>;

  /** Without `store` the consumer keeps the position itself. */
  constructor(
    name: string,
    segments: Segments,
    position: Position,
    store?: (position: Position) => Promise<void>,
  ) {
    this.name = name;
    this.#segments = segments;
    this.#position = position;
    this.#durable = position;
    this.#store = store;
  }

  get hasFile(): boolean {
    return this.#store !== undefined;
  }

  /** Where the consumer goes on. */
  get position(): Position {
    return this.#position;
  }

  /** Where it would go on after a crash: trimming stays behind it. */
  get durable(): Position {
    return this.#durable;
  }

  /**
   * The consumer has everything below `position`; going back is ignored. Resolves when that is durable. Moves that
   * come while one is stored are stored together. A rejected move counts in this life, and is stored with the next.
   * Without a file: to be called when the consumer's own store has it.
   */
  async move(position: Position): Promise<void> {
    this.#position = Math.max(this.#position, position);
    if (this.#store === undefined) this.#durable = this.#position;
    while (this.#durable < position) {
      this.#storing ??= this.#storeNow(this.#store!).finally(() => {
        this.#storing = undefined;
      });
      await this.#storing;
    }
  }

  lag(now: number): Lag {
    const records = this.#segments.end - this.#position;
    const time = this.#segments.timeOf(this.#position);
    return {
      records,
      bytes: this.#segments.bytesFrom(this.#position),
      milliseconds: time === undefined ? 0 : Math.max(0, now - time),
    };
  }

  async #storeNow(store: (position: Position) => Promise<void>): Promise<void> {
    const target = this.#position;
    await store(target);
    this.#durable = target;
  }
}

export function encodeCursor(position: Position): Uint8Array {
  const bytes = new Uint8Array(fileBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint16(8, version, true);
  view.setFloat64(12, position, true);
  view.setUint32(20, crc32(bytes.subarray(0, 20)), true);
  return bytes;
}

/** undefined when it is damaged. @throws SluiceError log-newer-version */
export function decodeCursor(bytes: Uint8Array, path: string): Position | undefined {
  if (bytes.length < 12 || magic.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const check = view.getUint32(bytes.length - 4, true);
  if (check !== crc32(bytes.subarray(0, bytes.length - 4))) return undefined;
  const found = view.getUint16(8, true);
  if (found > version) {
    const sentence = `${path} was written by a newer release (cursor format ${found}, this one reads up to ${version})`;
    throw new SluiceError('log-newer-version', sentence, { path, data: { version: found } });
  }
  return bytes.length === fileBytes ? view.getFloat64(12, true) : undefined;
}

/** The cursors' files. */
export class CursorFiles {
  readonly #storage: Storage;
  readonly #directory: string;

  constructor(storage: Storage, directory: string) {
    this.#storage = storage;
    this.#directory = directory;
  }

  /** All there are; undefined: damaged, which `onProblem` is told. */
  async load(onProblem: (problem: SluiceError) => void): Promise<Map<string, Position | undefined>> {
    await this.#storage.makeDirectory(this.#directory);
    // A process may have been killed before it synced a name that is read here: the power could still take it back.
    await this.#storage.syncDirectory(this.#directory);
    const positions = new Map<string, Position | undefined>();
    for (const { name } of await this.#storage.list(this.#directory)) {
      if (!name.endsWith(extension)) continue;
      const path = join(this.#directory, name);
      const position = decodeCursor(await this.#storage.read(path), path);
      positions.set(name.slice(0, -extension.length), position);
      if (position === undefined)
        onProblem(
          new SluiceError('log-cursor-damaged', `${path} cannot be read: its consumer starts again`, {
            path,
          }),
        );
    }
    return positions;
  }

  async store(name: string, position: Position): Promise<void> {
    await this.#storage.replace(this.#path(name), encodeCursor(position));
  }

  async remove(name: string): Promise<void> {
    await this.#storage.remove(this.#path(name));
    await this.#storage.syncDirectory(this.#directory);
  }

  #path(name: string): string {
    return join(this.#directory, `${name}${extension}`);
  }
}
