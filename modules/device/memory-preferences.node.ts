/**
 * NVS in memory, for tests: bounded, with names and values checked as the ESP32 does, and power that may fail. As the
 * SDK's, a set erases the entry and then writes it: two steps, each whole or not at all, and what does not fit is found
 * out when the old value is gone.
 */
import type { Preferences } from './settings';

type Value = boolean | number | string | ArrayBuffer;

export class MemoryPreferences implements Preferences {
  readonly entries = new Map<string, Value>();
  /** Steps until the power fails. */
  power = Number.POSITIVE_INFINITY;
  /** Bytes that fit. */
  size = Number.POSITIVE_INFINITY;
  /** Entries written so far. */
  writes = 0;

  get(key: string): Value | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: Value): void {
    if (typeof value === 'number' && (value | 0) !== value) throw new Error('float unsupported');
    this.delete(key);
    this.#spend();
    if (key.length > 15) throw new Error('nvs set fail');
    if (typeof value === 'string' && Buffer.byteLength(value) > 3999) throw new Error('nvs set fail');
    const used = [...this.entries.values()].reduce((sum: number, other) => sum + String(other).length, 0);
    if (used + String(value).length > this.size) throw new Error('nvs set fail');
    this.entries.set(key, value);
    this.writes++;
  }

  delete(key: string): void {
    if (!this.entries.has(key)) return;
    this.#spend();
    this.entries.delete(key);
  }

  #spend(): void {
    if (this.power <= 0) throw new PowerFailure();
    this.power--;
  }
}

export class PowerFailure extends Error {}
