/**
 * Makes the log short again: what is in it is brought into files, these are synced, and a snapshot of everything else
 * takes its place. Nobody waits for it: not commits, nor filing, nor the sync.
 */
import { join } from 'node:path';
import { asError, SluiceError } from '@sluice/common/errors';
import type { Cursor, Log } from '@sluice/common/log';
import type { Reserve } from '@sluice/common/reserve';
import type { Storage } from '@sluice/common/storage';
import type { DeliveredNotes } from './delivered-notes';
import { dispose } from './dispose';
import type { Filer } from './filer';
import type { OutboxState } from './state';
import type { UnsyncedFiles } from './stored-files';
import { Turn } from './turn';
import { journalGeneration } from './version-1';
import type { OutboxWriter } from './writer';

export const stateName = 'state.json';
export const logName = 'log';

export interface CheckpointOptions {
  home: string;
  storage: Storage;
  log: Log;
  /** What holds the log at the last snapshot. */
  cursor: Cursor;
  state: OutboxState;
  writer: OutboxWriter;
  filer: Filer;
  unsynced: UnsyncedFiles;
  notes: DeliveredNotes;
  reserve: Reserve;
  /** Looks again at what could not be read at the start. Never rejects. */
  lookAgain(): Promise<void>;
  onProblem(path: string, error: Error): void;
}

export class Checkpoints {
  /** Bytes that the writer had written at the last one. */
  at = 0;
  running = false;
  readonly #options: CheckpointOptions;
  readonly #turn = new Turn();

  constructor(options: CheckpointOptions) {
    this.#options = options;
  }

  /** Never rejects: resolves to whether it was made. */
  make(): Promise<boolean> {
    this.running = true;
    return this.#turn.run(async () => {
      const { reserve } = this.#options;
      let made = await this.#attempt();
      if (!made && (await reserve.giveUp())) made = await this.#attempt();
      if (made) await reserve.fill();
      this.running = false;
      return made;
    });
  }

  /** @throws SluiceError outbox-gone when somebody has removed what the outbox stands on */
  async checkThere(): Promise<void> {
    const { storage, home } = this.#options;
    for (const path of [join(home, stateName), join(home, logName)]) {
      if ((await storage.status(path)) !== undefined) continue;
      const sentence = `${path} was removed while the gateway runs: nothing is acknowledged until it starts again`;
      throw new SluiceError('outbox-gone', sentence, { path });
    }
  }

  async #attempt(): Promise<boolean> {
    try {
      return await this.#make();
    } catch (error) {
      this.#options.onProblem(join(this.#options.home, stateName), asError(error));
      return false;
    }
  }

  async #make(): Promise<boolean> {
    const { home, storage, log, cursor, state, writer, filer, unsynced, notes, onProblem } = this.#options;
    const { items } = state;
    for (const [key, departure] of [...items.leaving])
      await dispose({ storage, items, unsynced, notes }, key, departure).catch((error) =>
        onProblem(items.pathOf(key), asError(error)),
      );
    await this.#options.lookAgain();
    const position = writer.applied;
    const written = writer.written;
    const snapshot = state.snapshot(position);
    const removeNotes = notes.counted();
    if (!(await filer.catchUp())) return false;
    if (!(await unsynced.syncAll())) return false;
    await storage.replace(join(home, stateName), snapshot);
    await cursor.move(position);
    await removeNotes();
    this.at = written;
    await this.#removeJournals();
    await log.trim();
    return true;
  }

  /** Of an earlier release: the snapshot has what was in them. */
  async #removeJournals(): Promise<void> {
    const { home, storage } = this.#options;
    for (const { name } of await storage.list(home))
      if (journalGeneration(name) !== undefined) await storage.discard(join(home, name));
  }
}
