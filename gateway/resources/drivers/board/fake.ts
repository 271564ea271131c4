/** `board`/`fake`: readers give what they were configured with, pins what they were set to. */
import { z } from 'zod';
import { CallError } from '../../../../proto/call-error';
import { board } from '../../apis/board';
import { defineDriver } from '../../driver';

const reader = z.object({
  name: z.string().min(1).describe('By which it is read.'),
  pin: z.union([z.string(), z.number()]).optional().describe('Has no effect.'),
  value: z.int32().default(0).describe('The raw count that it gives.'),
});

const interrupt = z.object({
  name: z.string().min(1).describe('By which it is read.'),
  pin: z.union([z.string(), z.number()]).optional().describe('Setting this pin high counts.'),
});

/** As the fake board of a part has it: 12 bits of 2.45 V. */
const range = { min_range: 0, max_range: 2.45, step_size: 2.45 / 4095 };

class Pin {
  high = false;
  /** Rising edges. */
  edges = 0;
  duty = 0;
  hertz = 0;
}

export default defineDriver({
  api: board,
  model: 'fake',
  doc: 'A board without hardware. Readers give what they were configured with or what was written, pins what they were set to.',
  attributes: z.object({
    analogs: z.array(reader).default([]).describe('Analog readers.'),
    digital_interrupts: z.array(interrupt).default([]).describe('Counters of rising edges.'),
    pins: z
      .array(z.union([z.string(), z.number()]))
      .optional()
      .describe('Has no effect: every pin is there.'),
  }),
  open({ attributes: { analogs, digital_interrupts } }) {
    const values = new Map(analogs.map(({ name, value }) => [name, value]));
    const pins = new Map<string, Pin>();
    const pinOf = (name: string): Pin => {
      let pin = pins.get(name);
      if (!pin) {
        if (pins.size >= mostPins) throw new CallError('wrong-argument', `there are only ${mostPins} pins`);
        pin = new Pin();
        pins.set(name, pin);
      }
      return pin;
    };
    const interrupts = new Map(digital_interrupts.map(({ name, pin = name }) => [name, pinOf(String(pin))]));
    return {
      methods: {
        ReadAnalogReader: ({ analog_reader_name: name }) => {
          const value = values.get(name);
          if (value === undefined)
            throw new CallError('wrong-argument', `there is no analog reader "${name}"`);
          return { value, ...range };
        },
        WriteAnalog: ({ pin, value }) => {
          if (!values.has(pin)) throw new CallError('wrong-argument', `there is no analog reader "${pin}"`);
          values.set(pin, value);
          return {};
        },
        GetGPIO: ({ pin }) => ({ high: pinOf(pin).high }),
        SetGPIO: ({ pin: name, high }) => {
          const pin = pinOf(name);
          if (high && !pin.high) pin.edges++;
          pin.high = high;
          return {};
        },
        PWM: ({ pin }) => ({ duty_cycle_pct: pinOf(pin).duty }),
        SetPWM: ({ pin, duty_cycle_pct }) => {
          pinOf(pin).duty = duty_cycle_pct;
          return {};
        },
        PWMFrequency: ({ pin }) => ({ frequency_hz: pinOf(pin).hertz }),
        SetPWMFrequency: ({ pin, frequency_hz }) => {
          pinOf(pin).hertz = frequency_hz;
          return {};
        },
        GetDigitalInterruptValue: ({ digital_interrupt_name: name }) => {
          const pin = interrupts.get(name);
          if (!pin) throw new CallError('wrong-argument', `there is no digital interrupt "${name}"`);
          return { value: pin.edges };
        },
      },
    };
  },
});

/** Pins come into being by being named. */
const mostPins = 256;
