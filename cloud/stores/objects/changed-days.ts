/** The days whose objects the index may not have on the disk: what is looked through when a process ended hard. */
import type { Storage } from '@sluice/common/storage';
import type { ObjectDay } from './object-entry';

/** Days after which the index is synced, and the list begins anew. */
const most = 256;

export class ChangedDays {
  readonly #path: string;
  readonly #storage: Storage;
  readonly #days: Map<string, ObjectDay>;
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, storage: Storage, days: readonly ObjectDay[]) {
    this.#path = path;
    this.#storage = storage;
    this.#days = new Map(days.map((day) => [keyOf(day), day]));
  }

  static async open(path: string, storage: Storage): Promise<ChangedDays> {
    const isThere = (await storage.status(path)) !== undefined;
    const text = isThere ? new TextDecoder().decode(await storage.read(path)) : '[]';
    return new ChangedDays(path, storage, JSON.parse(text) as ObjectDay[]);
  }

  all(): ObjectDay[] {
    return [...this.#days.values()];
  }

  /** The day is in the list, durably, when it resolves. @param sync makes the index durable */
  async add(day: ObjectDay, sync: () => void): Promise<void> {
    const key = keyOf(day);
    if (!this.#days.has(key)) {
      if (this.#days.size >= most) {
        sync();
        this.#days.clear();
      }
      this.#days.set(key, day);
      this.#written = this.#written.then(() => this.#write());
    }
    await this.#written;
  }

  /** The index has all of them on the disk. */
  async clear(): Promise<void> {
    await this.#written;
    if (this.#days.size === 0) return;
    this.#days.clear();
    await this.#write();
  }

  #write(): Promise<void> {
    return this.#storage.replace(this.#path, new TextEncoder().encode(JSON.stringify(this.all())));
  }
}

function keyOf({ appId, devId, day }: ObjectDay): string {
  return `${appId}/${devId}/${day}`;
}
