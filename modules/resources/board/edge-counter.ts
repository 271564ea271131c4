import Digital from 'embedded:io/digital';
import { type Chip, pinFault } from '../chips';
import type { Readable } from '../reading';

/**
 * Counts rising edges of one pin. The SDK's pulse counter cannot: with one signal it counts a rising edge up and the
 * falling one down. Its digital input calls back for each edge, but edges that come before the callback has run, about
 * a millisecond, are coalesced into one: exact for switches, reeds and slow wheels, a lower bound above some 500 Hz.
 */
export class EdgeCounter implements Readable<number> {
  private digital: Digital | undefined;
  private count = 0;

  constructor(chip: Chip, pin: number) {
    const fault = pinFault(chip, pin, false);
    if (fault) throw new Error(fault);
    this.digital = new Digital({
      pin,
      mode: Digital.Input,
      edge: Digital.Rising,
      onReadable: () => {
        this.count++;
      },
    });
  }

  read(): number {
    return this.count;
  }

  write(count: number): void {
    this.count = count;
  }

  close(): void {
    this.digital?.close();
    this.digital = undefined;
  }
}
