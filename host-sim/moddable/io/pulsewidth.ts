/**
 * `embedded:io/pulsewidth`: the width of the last pulse, from a rising edge to the next falling one or the reverse. The
 * chip has one timer for it, so that one instance is all there is, or none. The SDK does not clear the place of the
 * width: before the first pulse a read gives what is left there of whatever was in that memory.
 */
import { captureTimers } from 'sim/board';
import { watch, width } from 'sim/pins';
import { claim, release } from './pin-table';

interface Options {
  pin: number;
  edges: number;
  mode?: number;
  onReadable?: (this: PulseWidth) => void;
  format?: string;
  target?: unknown;
}

const bothEdges = 3;
/** Microseconds that nobody has measured. */
const leftInMemory = 53_687_091.2;

let timing = 0;

class PulseWidth {
  static readonly Input = 0;
  static readonly InputPullUp = 1;
  static readonly InputPullDown = 2;
  static readonly RisingToFalling = 1;
  static readonly FallingToRising = 2;
  static readonly RisingToRising = 3;
  static readonly FallingToFalling = 4;

  target?: unknown;
  #pin: number;
  #edges: number;
  #width: number | undefined = leftInMemory;

  constructor(options: Options) {
    const { pin, edges, onReadable } = options;
    if (pin === undefined) throw new RangeError('pin required');
    if (edges === undefined) throw new RangeError('edges required');
    if (options.format !== undefined && options.format !== 'number') throw new RangeError('invalid format');
    if (captureTimers === 0) throw new Error('no hardware');
    if (timing === captureTimers) throw new Error('no capture timer');
    claim(pin, 'input');
    timing += 1;
    this.#pin = pin;
    this.#edges = edges;
    if ('target' in options) this.target = options.target;
    width(pin, edges, true);
    if (!onReadable) return;
    watch(pin, bothEdges, () => {
      const measured = width(pin, edges);
      if (measured === undefined) return;
      this.#width = measured;
      onReadable.call(this);
    });
  }

  close(): void {
    if (this.#pin < 0) return;
    watch(this.#pin, bothEdges);
    release(this.#pin);
    this.#pin = -1;
    timing -= 1;
  }

  read(): number | undefined {
    if (this.#pin < 0) throw new SyntaxError('invalid');
    const measured = width(this.#pin, this.#edges) ?? this.#width;
    this.#width = undefined;
    return measured;
  }

  get format(): string {
    return 'number';
  }

  set format(value: string) {
    if (value !== 'number') throw new RangeError('format');
  }
}

export default PulseWidth;
