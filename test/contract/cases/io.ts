/** Pins: analog, digital, PWM, pulse counter, I2C. Nothing has to be wired. */
import Analog from 'embedded:io/analog';
import Digital from 'embedded:io/digital';
import I2C from 'embedded:io/i2c';
import PulseCount from 'embedded:io/pulsecount';
import PulseWidth from 'embedded:io/pulsewidth';
import PWM from 'embedded:io/pwm';
import config from 'mc/config';
import { type Case, check, equal, Skip, throws } from './harness';

interface Pins {
  analog: number;
  /** Not connected; may be driven. */
  free: [number, number, number, number, number];
  /** Outputs that the chip can give PWM. */
  pwmChannels: number;
  /** I2C buses of the chip. */
  i2cBuses: number;
  /** A pin that has no converter. */
  notAnalog: number;
}

const pins = config.pins as Pins;
const [first, second, third] = pins.free;

const analog: Case[] = [
  {
    name: 'analog: reads whole counts of its resolution',
    run() {
      const input = new Analog({ pin: pins.analog });
      equal(input.resolution, 12, 'resolution');
      for (let reading = 0; reading < 20; reading += 1) {
        const counts = input.read() ?? -1;
        check(counts >= 0 && counts <= 4_095 && Number.isInteger(counts), `${counts}`);
      }
      input.close();
    },
  },
  {
    name: 'analog: a pin serves one instance, until that is closed; closing twice is harmless',
    run() {
      const input = new Analog({ pin: pins.analog });
      throws(() => new Analog({ pin: pins.analog }), 'in use');
      input.close();
      input.close();
      throws(() => input.read(), 'read after close');
      new Analog({ pin: pins.analog }).close();
    },
  },
  {
    name: 'analog: refuses pins without converter and attenuations that are none',
    run() {
      throws(() => new Analog({ pin: pins.notAnalog }), 'not analog');
      throws(() => new Analog({ pin: pins.analog, esp32: { attenuation: 5 as 6 } }), 'attenuation');
      new Analog({ pin: pins.analog, esp32: { attenuation: 6 } }).close();
    },
  },
];

const digital: Case[] = [
  {
    name: 'digital: an input with pull-up or pull-down reads it, as 1 or 0',
    run() {
      const input = new Digital({ pin: first, mode: Digital.InputPullDown });
      const level = input.read();
      check(level === 0 || level === 1, `${level}`);
      input.close();
      throws(() => input.read(), 'read after close');
    },
  },
  {
    name: 'digital: an output takes numbers and booleans; its pin is taken until it is closed',
    run() {
      const output = new Digital({ pin: first, mode: Digital.Output, initialValue: 1 });
      output.write(0);
      output.write(true);
      throws(() => new Digital({ pin: first, mode: Digital.Input }), 'in use');
      throws(() => output.read(), 'reading an output');
      output.close();
      output.close();
      throws(() => output.write(1), 'write after close');
      new Digital({ pin: first, mode: Digital.Input }).close();
    },
  },
];

const pwm: Case[] = [
  {
    name: 'pwm: 1,024 Hz at 10 bits unless told otherwise; the duty goes from 0 to fully on',
    run() {
      const output = new PWM({ pin: first });
      equal(output.hz, 1_024, 'hz');
      equal(output.resolution, 10, 'resolution');
      for (const duty of [0, 512, 1_023]) output.write(duty);
      throws(() => output.write(1_024), 'too much');
      throws(() => output.write(-1), 'too little');
      output.close();
      output.close();
      throws(() => output.write(0), 'write after close');
    },
  },
  {
    name: 'pwm: takes over an instance by from',
    run() {
      const output = new PWM({ pin: first, hz: 50, resolution: 12 });
      const next = new PWM({ pin: first, from: output, hz: 100 });
      equal(next.hz, 100, 'hz');
      equal(next.resolution, 12, 'resolution');
      throws(() => output.write(0), 'the old one');
      next.close();
    },
  },
  {
    name: 'pwm: has the channels from 4 on, and refuses a frequency too low for its resolution or too high',
    run() {
      throws(() => new PWM({ pin: first, hz: 10, resolution: 8 }), 'too low');
      throws(() => new PWM({ pin: first, hz: 1_000_000 }), 'too high');
      const used = pins.free.slice(0, pins.pwmChannels);
      const outputs = used.map((pin) => new PWM({ pin }));
      throws(() => new PWM({ pin: pins.free[pins.pwmChannels]! }), 'one more');
      for (const output of outputs) output.close();
    },
  },
];

/** The pulse counter, or a skip on chips that have none. */
function counter(options: { signal: number; control?: number }): PulseCount {
  try {
    return new PulseCount(options);
  } catch (error) {
    throw new Skip(`no pulse counter: ${(error as Error).message}`);
  }
}

const pulses: Case[] = [
  {
    name: 'pulsecount: counts from 0, or from what was written',
    run() {
      const pulseCount = counter({ signal: first, control: second });
      equal(pulseCount.read(), 0, 'first');
      pulseCount.write(-500);
      equal(pulseCount.read(), -500, 'written');
      throws(() => new PulseCount({ signal: first, control: third }), 'in use');
      pulseCount.close();
      pulseCount.close();
      throws(() => pulseCount.read(), 'read after close');
    },
  },
];

const pulseWidths: Case[] = [
  {
    name: 'pulsewidth: wants a pin and edges; its pin is taken until it is closed',
    run() {
      const options = { pin: first, edges: PulseWidth.RisingToFalling };
      let pulseWidth: PulseWidth;
      try {
        pulseWidth = new PulseWidth(options);
      } catch (error) {
        throw new Skip(`no capture: ${(error as Error).message}`);
      }
      throws(() => new PulseWidth({ pin: second } as never), 'no edges');
      throws(() => new PulseWidth({ ...options, pin: second }), 'a second one');
      pulseWidth.read(); // whatever was in its memory
      equal(pulseWidth.read(), undefined, 'without a pulse');
      throws(() => new Digital({ pin: first, mode: Digital.Input }), 'in use');
      pulseWidth.close();
      pulseWidth.close();
      throws(() => pulseWidth.read(), 'read after close');
      new Digital({ pin: first, mode: Digital.Input }).close();
    },
  },
];

const i2c: Case[] = [
  {
    name: 'i2c: where no chip is, reads and writes throw and a probe returns 1',
    run() {
      const bus = new I2C({ data: first, clock: second, address: 0x5a, hz: 100_000 });
      throws(() => bus.read(1), 'read');
      throws(() => bus.write(Uint8Array.of(1)), 'write');
      throws(() => bus.writeRead(Uint8Array.of(1), 2), 'writeRead');
      equal(bus.write(new Uint8Array(0)), 1, 'probe');
      bus.close();
    },
  },
  {
    name: 'i2c: instances share a bus, not an address; others may not take its pins',
    run() {
      const bus = new I2C({ data: first, clock: second, address: 0x5a, hz: 100_000 });
      const other = new I2C({ data: first, clock: second, address: 0x5b, hz: 400_000 });
      throws(() => new I2C({ data: first, clock: second, address: 0x5a, hz: 100_000 }), 'duplicate');
      throws(() => new Digital({ pin: first, mode: Digital.Input }), 'in use');
      bus.close();
      other.close();
      other.close();
      throws(() => bus.read(1), 'read after close');
      new Digital({ pin: first, mode: Digital.Input }).close();
    },
  },
  {
    name: 'i2c: has the buses of the chip, and no more',
    run() {
      const [data, clock, otherData, otherClock] = pins.free;
      const bus = new I2C({ data, clock, address: 0x5a, hz: 100_000 });
      const another = () => new I2C({ data: otherData, clock: otherClock, address: 0x5a, hz: 100_000 });
      if (pins.i2cBuses === 1) throws(another, 'a second bus');
      else another().close();
      bus.close();
    },
  },
  {
    name: 'i2c: refuses addresses beyond 7 bits, no clock and no speed',
    run() {
      throws(() => new I2C({ data: first, clock: second, address: 128, hz: 100_000 }), 'address');
      throws(() => new I2C({ data: first, address: 1, hz: 100_000 } as never), 'clock');
      throws(() => new I2C({ data: first, clock: second, address: 1, hz: 0 }), 'hz');
    },
  },
];

export default Object.freeze([...analog, ...digital, ...pwm, ...pulses, ...pulseWidths, ...i2c], true);
