/**
 * A sensor whose driver gives whatever comes: `sensor`/`hostile`, in a firmware for the soak. Its attribute `seed` is that
 * of the values.
 */
import type { DriverContext } from 'modules/resources/driver';
import { type Resource, type Source, sourceOf } from 'modules/resources/source';

export default function build({ attributes }: DriverContext): Resource {
  return new HostileSensor(attributes.number('seed') ?? 1);
}

/** Bytes of the longest text. */
const longestText = 3_000;
/** Bytes of a reading, about: a driver that takes all memory itself brings any device down. */
const largestReading = 8_000;
/** Bytes of an object without its members, and of a member or an element. */
const objectBytes = 64;
const memberBytes = 32;

/** One: XS keeps each symbol for ever, so a driver that made new ones would take all memory itself. */
const symbol = Symbol('s');

class HostileSensor implements Resource {
  private state: number;
  private readonly kept: Record<string, unknown> = { value: 1 };
  private readonly circle: Record<string, unknown> = { again: undefined, once: [1, 2, 3] };
  private reads = 0;
  /** Bytes that the reading at hand may still take. */
  private room = 0;

  constructor(seed: number) {
    this.state = seed;
    this.circle.again = this.circle;
    (this.circle.once as unknown[]).push(this.circle, this.circle);
  }

  source(): Source {
    return sourceOf('record', this as never);
  }

  read(): unknown {
    this.reads++;
    this.room = largestReading;
    // Mostly as a sensor is, so that what comes in between is met by a stream that runs.
    return this.below(4) > 0 ? this.kept : this.anything(0);
  }

  close(): void {}

  private below(bound: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) | 0;
    return Math.floor(((this.state >>> 8) / 0x1000000) * bound);
  }

  /** As many of so many bytes each as there is room for. */
  private take(wanted: number, bytes: number): number {
    const taken = Math.min(wanted, Math.floor(this.room / bytes));
    this.room -= taken * bytes;
    return taken;
  }

  private anything(depth: number): unknown {
    switch (this.below(18)) {
      case 0:
        return Number.NaN;
      case 1:
        return [Infinity, -Infinity, -0, Number.MIN_VALUE, 2 ** 60, 1e308][this.below(6)];
      case 2:
        return ['', '\0', 'a\0b', '\ud800', '\udc00x', '😀', '__proto__'][this.below(7)];
      case 3:
        return 'x'.repeat(this.take(this.below(longestText), 1));
      case 4:
        return undefined;
      case 5:
        return null;
      case 6:
        return this.nested(this.take(this.below(14), objectBytes));
      case 7:
        return Array.from(
          { length: this.take([this.below(60), 400][this.below(2)]!, memberBytes) },
          (_, index) => index,
        );
      case 8:
        return this.circle;
      case 9:
        return [() => 1, symbol, 10n, new Date(0), /x/, new Uint8Array(9), new Map()][this.below(7)];
      case 10:
        return this.throwing();
      case 11:
        throw ['a text', new Error('an error'), undefined, null, { message: 7 }, 12][this.below(6)];
      case 12:
        this.kept.value = [this.reads, `${this.reads}`, null, true, [1], { a: 1 }][this.below(6)];
        return this.kept;
      case 13:
        return { [`key-${this.below(40)}`]: this.reads };
      case 14:
        return new Proxy({ a: 1 }, {});
      default:
        return depth > 3 ? depth : this.object(depth);
    }
  }

  private object(depth: number): object {
    const names = ['a', 'b', '', '__proto__', 'constructor', 'length', 'toJSON', 'é', '0'];
    const object: Record<string, unknown> = {};
    for (let left = this.take(this.below(5), objectBytes); left > 0; left--)
      Object.defineProperty(object, names[this.below(names.length)]!, {
        value: this.anything(depth + 1),
        enumerable: true,
        configurable: true,
      });
    return object;
  }

  private nested(depth: number): unknown {
    let value: unknown = 1;
    for (let left = depth; left > 0; left--) value = left % 2 === 0 ? [value] : { n: value };
    return value;
  }

  private throwing(): object {
    return {
      a: 1,
      get b(): number {
        throw new Error('a getter');
      },
    };
  }
}
