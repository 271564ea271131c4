/**
 * `sensor`/`ultrasonic`: an HC-SR04, `distance` in metres. Attributes as micro-rdk has them: `trigger_pin`,
 * `echo_interrupt_pin`, `timeout_ms` (50 by default); `board` is accepted.
 *
 * An echo comes up to 38 ms after its ping (Elecfreaks HC-SR04 manual), too long for a read to wait for while others
 * sample. So the sensor pings by itself, its echo is timed in hardware, and a read gives the last distance, which is at
 * most two pings old. A chip has hardware for one such sensor.
 */

import Digital from 'embedded:io/digital';
import PulseWidth from 'embedded:io/pulsewidth';
import Timer from 'timer';
import { type DriverContext, required, usablePin } from '../driver';
import { NothingToRead } from '../reading';
import { type Resource, type Source, sourceOf } from '../source';

/** At 20 °C, there and back: metres a microsecond. */
const metresAMicrosecond = 343.2 / 2 / 1_000_000;

export default function build({ attributes, chip }: DriverContext): Resource {
  attributes.raw('board');
  const trigger = usablePin(attributes, 'trigger_pin', chip, true);
  const echo = usablePin(attributes, 'echo_interrupt_pin', chip);
  const timeout = attributes.number('timeout_ms', { minimum: 1, maximum: 1000, whole: true }) ?? 50;
  const output = required(trigger);
  const pulse = new PulseWidth({ pin: required(echo), edges: PulseWidth.RisingToFalling });
  // The SDK gives once what was left in its memory, before any pulse.
  pulse.read();
  try {
    return new Ultrasonic(
      new Digital({ pin: output, mode: Digital.Output, initialValue: 0 }),
      pulse,
      timeout,
    );
  } catch (error) {
    pulse.close();
    throw error;
  }
}

class Ultrasonic implements Resource {
  private readonly trigger: Digital;
  private readonly pulse: PulseWidth;
  private readonly record = { distance: 0 };
  private timer: Timer | undefined;
  private heard = false;
  private armed = false;

  constructor(trigger: Digital, pulse: PulseWidth, timeout: number) {
    this.trigger = trigger;
    this.pulse = pulse;
    // Two steps a ping. The chip wants 60 ms between pings, so that no old echo is heard.
    this.timer = Timer.repeat(() => this.step(), Math.max(30, timeout));
  }

  source(): Source {
    return sourceOf('record', this);
  }

  read(): object {
    if (!this.heard) throw new NothingToRead('no echo');
    return this.record;
  }

  close(): void {
    Timer.clear(this.timer);
    this.timer = undefined;
    this.pulse.close();
    this.trigger.close();
  }

  /** By turns: takes the echo of the last ping and arms the trigger; lets it fall, which is the ping. */
  private step(): void {
    this.armed = !this.armed;
    if (this.armed) {
      const width = this.pulse.read();
      this.heard = width !== undefined;
      // To the millimetre: the chip resolves some three.
      if (width !== undefined) this.record.distance = Math.round(width * metresAMicrosecond * 1000) / 1000;
    }
    this.trigger.write(this.armed);
  }
}
