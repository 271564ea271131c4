/**
 * What a stage can never store, set aside with its reason, durably, so that it stops nobody. Bounded: when it is full,
 * what comes then is only counted; it is still in the other stores. What is there already stays, though it is retried.
 */
import { Log } from '@sluice/common/log';
import type { Storage } from '@sluice/common/storage';
import { decodeArrival, encodeArrival } from '../inbox/codec';
import type { BadArrival } from './stage';

export interface DeadLettersOptions {
  directory: string;
  storage: Storage;
  onProblem(problem: Error): void;
  /** Default 64 MiB. */
  mostBytes?: number;
}

export interface DeadLetter extends BadArrival {
  /** Its number among all that there ever were. */
  letter: number;
}

/** Of a reason, characters. */
const longestReason = 300;
const segmentBytes = 1 << 20;

export class DeadLetters {
  /** Since the start, those that there was no room for. */
  dropped = 0;
  readonly #log: Log;
  readonly #mostBytes: number;

  private constructor(log: Log, mostBytes: number) {
    this.#log = log;
    this.#mostBytes = mostBytes;
  }

  static async open({ mostBytes = 64 << 20, ...options }: DeadLettersOptions): Promise<DeadLetters> {
    const log = await Log.open({ ...options, segmentBytes });
    await log.openCursor('retried');
    return new DeadLetters(log, mostBytes);
  }

  get count(): number {
    return this.#log.end - this.#log.cursors[0]!.position;
  }

  /** Durable when it resolves. */
  async add(letters: readonly BadArrival[]): Promise<void> {
    const room = letters.filter(() => this.#log.bytes < this.#mostBytes);
    this.dropped += letters.length - room.length;
    if (room.length > 0) await this.#log.writer.append(room.map(encodeLetter));
  }

  /** As `add`, of those that are here already and are settled next: however full it is, none of them is dropped. */
  async addAgain(letters: readonly BadArrival[]): Promise<void> {
    if (letters.length > 0) await this.#log.writer.append(letters.map(encodeLetter));
  }

  /** The oldest, at most about `maxBytes` of them, and where the next begin. */
  async read(from: number | undefined, maxBytes: number): Promise<{ letters: DeadLetter[]; next: number }> {
    const reader = this.#log.reader();
    try {
      const { records, next } = await reader.read(from ?? this.#log.cursors[0]!.position, { maxBytes });
      const letters = records.map(({ position, bytes }) => decodeLetter(position, bytes));
      return { letters: letters.filter((letter) => letter !== undefined), next };
    } finally {
      await reader.close();
    }
  }

  get end(): number {
    return this.#log.end;
  }

  /** Those below `position` are no dead letters any more. */
  async settle(position: number): Promise<void> {
    await this.#log.cursors[0]!.move(position);
    await this.#log.trim();
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

/** u16 bytes of the reason | reason | f64 position in the inbox | u8 kind | the arrival, as in the inbox. */
function encodeLetter({ arrival, reason }: BadArrival) {
  const text = Buffer.from(reason.slice(0, longestReason));
  const { kind, bytes } = encodeArrival(arrival);
  const head = Buffer.alloc(2 + text.length + 8 + 1);
  head.writeUInt16LE(text.length, 0);
  text.copy(head, 2);
  head.writeDoubleLE(arrival.position, 2 + text.length);
  head.writeUInt8(kind, 2 + text.length + 8);
  return { kind: 1, bytes: Buffer.concat([head, bytes]) };
}

function decodeLetter(letter: number, of: Uint8Array): DeadLetter | undefined {
  const bytes = Buffer.from(of.buffer, of.byteOffset, of.length);
  const end = 2 + bytes.readUInt16LE(0);
  const arrival = decodeArrival({
    position: bytes.readDoubleLE(end),
    kind: bytes.readUInt8(end + 8),
    bytes: bytes.subarray(end + 9),
  });
  return arrival && { letter, arrival, reason: bytes.toString('utf8', 2, end) };
}
