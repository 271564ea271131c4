/** NVS in memory, for tests: bounded, with names and values checked as the ESP32 does, and power that may fail. */
import type { Preferences } from './settings';

export class MemoryPreferences implements Preferences {
  readonly entries = new Map<string, boolean | number | string | ArrayBuffer>();
  /** Writes until the power fails. */
  power = Number.POSITIVE_INFINITY;
  /** Bytes that fit. */
  size = Number.POSITIVE_INFINITY;

  get(key: string) {
    return this.entries.get(key);
  }

  set(key: string, value: boolean | number | string | ArrayBuffer): void {
    if (key.length > 15) throw new Error(`name ${key} is longer than 15 characters`);
    if (typeof value === 'number' && (value | 0) !== value) throw new Error('float unsupported');
    if (typeof value === 'string' && Buffer.byteLength(value) > 3999) throw new Error('nvs set fail');
    this.spend();
    const others = [...this.entries].filter(([name]) => name !== key);
    const used = others.reduce((sum, [, other]) => sum + String(other).length, 0);
    if (used + String(value).length > this.size) throw new Error('nvs set fail');
    this.entries.set(key, value);
  }

  delete(key: string): void {
    this.spend();
    this.entries.delete(key);
  }

  private spend(): void {
    if (this.power <= 0) throw new PowerFailure();
    this.power--;
  }
}

export class PowerFailure extends Error {}
