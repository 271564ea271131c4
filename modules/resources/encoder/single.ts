/**
 * `encoder`/`single`: a wheel with one signal. Attributes as micro-rdk has them: `pin`, `dir_flip`; `board` is accepted.
 *
 * The direction is not in the signal: a motor that names this encoder tells it, otherwise ticks go up (down with
 * `dir_flip`). How exactly is counted: see `board/edge-counter`.
 */

import type { Encoder } from '../apis';
import { EdgeCounter } from '../board/edge-counter';
import { type DriverContext, required, usablePin } from '../driver';
import { type Source, sourceOf, unsupported } from '../source';

export default function build({ attributes, chip }: DriverContext): Encoder {
  attributes.raw('board');
  const flip = attributes.boolean('dir_flip') ?? false;
  return new SingleEncoder(new EdgeCounter(chip, required(usablePin(attributes, 'pin', chip))), flip);
}

export class SingleEncoder implements Encoder {
  private readonly counter: EdgeCounter;
  private readonly flip: boolean;
  private direction: 1 | -1;
  /** Ticks up to the last change of direction, and the counter's state then. */
  private ticks = 0;
  private counted = 0;

  constructor(counter: EdgeCounter, flip: boolean) {
    this.counter = counter;
    this.flip = flip;
    this.direction = flip ? -1 : 1;
  }

  source(method: string): Source {
    return method === 'TicksCount' ? sourceOf('integer', this) : unsupported(method, 'encoder/single');
  }

  read(): number {
    return this.ticks + (this.counter.read() - this.counted) * this.direction;
  }

  position(): number {
    return this.read();
  }

  /** Called by the motor that turns the wheel. */
  setForward(forward: boolean): void {
    this.ticks = this.read();
    this.counted = this.counter.read();
    this.direction = forward !== this.flip ? 1 : -1;
  }

  reset(): void {
    this.ticks = 0;
    this.counted = this.counter.read();
  }

  close(): void {
    this.counter.close();
  }
}
