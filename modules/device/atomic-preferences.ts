/**
 * Settings of which each is old or new whole, at whatever instant the power fails.
 *
 * In: the SDK's `preference`, whose `set` erases an entry of NVS and then writes it anew. Out: the same, atomic.
 * Holds: what counts is never touched. A setting lies under its name or under its twin (`boot~`), and the twin counts
 * where both are there. So a value under its name is followed by one under the twin, which counts from the moment it is
 * there, and then the old one goes; a value under the twin is followed by one under the name, which counts from the
 * moment the twin is gone. No entry says which is which, a set that finds NVS full has lost nothing, and what an
 * earlier firmware or a board's maker wrote under its name is simply the first of these.
 */
import type { Preferences } from './settings';

export class AtomicPreferences implements Preferences {
  private readonly store: Preferences;

  /** @param store whose `delete` is one step, and whose `set` is two: erase, write */
  constructor(store: Preferences) {
    this.store = store;
  }

  /** @param key at most 14 characters: NVS takes 15, and the twin has one more */
  get(key: string): boolean | number | string | ArrayBuffer | undefined {
    return this.store.get(twinOf(key)) ?? this.store.get(key);
  }

  set(key: string, value: boolean | number | string | ArrayBuffer): void {
    const { store } = this;
    const twin = twinOf(key);
    const later = store.get(twin);
    const stored = later ?? store.get(key);
    // Flash wears, and a value that is there need not be written.
    if (stored === value) return;
    if (later !== undefined) {
      store.set(key, value);
      store.delete(twin);
    } else if (stored !== undefined) {
      store.set(twin, value);
      store.delete(key);
    } else store.set(key, value);
  }

  delete(key: string): void {
    // The twin last: without it an older value under the name would count again.
    this.store.delete(key);
    this.store.delete(twinOf(key));
  }
}

function twinOf(key: string): string {
  return `${key}~`;
}
