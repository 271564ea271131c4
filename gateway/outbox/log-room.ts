/**
 * The room that is left in the outbox's log.
 *
 * What holds: the log takes at most twice `journalBytes`, since settlements, which make room, are always written and the
 * others are not any more when it is full; who was held back is told once there is room.
 */
import type { Log } from '@sluice/common/log';
import type { OutboxWriter } from './writer';

export interface LogRoomOptions {
  log: Log;
  writer: OutboxWriter;
  /** Bytes of log at half of which a checkpoint is made. */
  journalBytes: number;
  /** Bytes not yet durable above which parts are held back. */
  pendingBytes: number;
  relieved(): void;
}

export class LogRoom {
  readonly #options: LogRoomOptions;
  #isHolding = false;

  constructor(options: LogRoomOptions) {
    this.#options = options;
  }

  /** Nothing but settlements goes in. */
  get isFull(): boolean {
    return this.#bytes > 1.75 * this.#options.journalBytes;
  }

  /** Another checkpoint has to make room. */
  get isShort(): boolean {
    return this.#bytes > 1.5 * this.#options.journalBytes;
  }

  /** Parts should be held back: who asks and is told so hears when there is room. */
  get isCongested(): boolean {
    const { writer, pendingBytes } = this.#options;
    const isCongested = writer.pending > pendingBytes || this.isShort;
    if (isCongested) this.hold();
    return isCongested;
  }

  /** Somebody waits for room. */
  hold(): void {
    this.#isHolding = true;
  }

  /** Something became durable, or was lost, or left the log. */
  changed(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    if (!this.isCongested) this.#options.relieved();
  }

  get #bytes(): number {
    const { log, writer } = this.#options;
    return log.bytes + writer.pending;
  }
}
