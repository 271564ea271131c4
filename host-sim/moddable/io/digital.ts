/** `embedded:io/digital`: edges that come before the callback has run are one call. */
import { watch, write } from 'sim/pins';
import { claim, release } from './pin-table';

interface Options {
  pin: number;
  mode: number;
  activeLow?: boolean;
  initialValue?: number;
  edge?: number;
  onReadable?: () => void;
  format?: string;
  target?: unknown;
}

const readLevel = native('sim_digital_read');

class Digital {
  static readonly Input = 0;
  static readonly InputPullUp = 1;
  static readonly InputPullDown = 2;
  static readonly InputPullUpDown = 3;
  static readonly Output = 8;
  static readonly OutputOpenDrain = 9;
  static readonly Rising = 1;
  static readonly Falling = 2;

  /** Read by the native; −1 when closed. */
  pin: number;
  readonly activeLow: boolean;
  readonly output: boolean;
  readonly watching: boolean;
  target?: unknown;

  constructor(options: Options) {
    const { pin, mode, edge = 0, onReadable, format } = options;
    if (!(mode >= 0 && mode <= 3) && mode !== 8 && mode !== 9) throw new RangeError('invalid mode');
    if (format !== undefined && format !== 'number') throw new RangeError('invalid format');
    this.output = mode >= 8;
    this.activeLow = options.activeLow === true;
    this.watching = !this.output && onReadable !== undefined;
    if (this.watching && (edge & 3) === 0) throw new RangeError('invalid edges');
    claim(pin, this.output ? 'output' : 'input');
    this.pin = pin;
    if ('target' in options) this.target = options.target;
    if (this.output) this.write(options.initialValue ?? 0);
    if (this.watching) {
      const kinds = this.activeLow ? ((edge & 1) << 1) | ((edge & 2) >> 1) : edge & 3;
      watch(pin, kinds as 1 | 2 | 3, () => onReadable!.call(this));
    }
  }
  read(): number {
    if (this.pin >= 0 && this.output) throw new Error("can't read output");
    const level = readLevel.call(this);
    return this.activeLow ? 1 - level : level;
  }
  write(value: number | boolean): void {
    if (this.pin < 0) throw new TypeError('closed');
    if (!this.output) throw new Error("can't write input");
    const on = Number(value) !== 0;
    write(this.pin, on !== this.activeLow ? 4095 : 0);
  }
  get format() {
    return 'number';
  }
  set format(value: string) {
    if (value !== 'number') throw new RangeError();
  }
  close(): void {
    if (this.pin < 0) return;
    if (this.watching) watch(this.pin, 3);
    release(this.pin);
    this.pin = -1;
  }
}

export default Digital;
