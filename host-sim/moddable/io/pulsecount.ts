/**
 * `embedded:io/pulsecount` as the SDK sets the ESP32's counter up, for quadrature: with one signal alone a rising edge
 * counts up and a falling one down again. The counter has 16 bits: at either end it begins anew at 0, and a read sets it
 * to 0 too. The C3 has none.
 */
import { pulseCounters } from 'sim/board';
import { quadrature, watch } from 'sim/pins';
import { claim, release } from './pin-table';

interface Options {
  signal: number;
  control?: number;
  filter?: number;
  onReadable?: (this: PulseCount) => void;
  format?: string;
  target?: unknown;
}

const bothEdges = 3;
const highest = 32_767;
const lowest = -32_768;

let counting = 0;

class PulseCount {
  target?: unknown;
  #signal: number;
  #control: number;
  #base = 0;
  #counted: number;
  #closed = false;

  constructor(options: Options) {
    const { signal, control = -1, onReadable } = options;
    if (options.format !== undefined && options.format !== 'number') throw new RangeError('invalid format');
    if (pulseCounters === 0) throw new Error('no hardware');
    if (counting === pulseCounters) throw new Error('no pcnt');
    claim(signal, 'input');
    if (control >= 0 && control !== signal) claim(control, 'input');
    this.#signal = signal;
    this.#control = control;
    this.#counted = quadrature(signal, control);
    counting += 1;
    if ('target' in options) this.target = options.target;
    if (onReadable) {
      watch(signal, bothEdges, () => onReadable.call(this));
      if (control >= 0) watch(control, bothEdges, () => onReadable.call(this));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    counting -= 1;
    for (const pin of [this.#signal, this.#control]) {
      if (pin < 0) continue;
      watch(pin, bothEdges);
      release(pin);
    }
  }

  read(): number {
    if (this.#closed) throw new SyntaxError('invalid');
    const counted = quadrature(this.#signal, this.#control);
    const counter = counted - this.#counted;
    this.#base += counter >= 0 ? counter % highest : counter % lowest;
    this.#counted = counted;
    return this.#base;
  }

  write(count: number): void {
    if (this.#closed) throw new SyntaxError('invalid');
    this.#base = Math.trunc(count);
    this.#counted = quadrature(this.#signal, this.#control);
  }

  get format(): string {
    return 'number';
  }

  set format(value: string) {
    if (value !== 'number') throw new RangeError('format');
  }
}

export default PulseCount;
