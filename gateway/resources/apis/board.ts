import { z } from 'zod';
import { defineApi, method, name, nothing } from './api';

const pin = z.object({ pin: name });

export const board = defineApi('rdk:component:board', 'viam.component.board.v1.BoardService', {
  ReadAnalogReader: method({
    request: z.object({ analog_reader_name: name }),
    answer: z.object({
      value: z.int32(),
      min_range: z.number().default(0),
      max_range: z.number().default(0),
      step_size: z.number().default(0),
    }),
    captured: [
      {
        as: 'Analogs',
        request: ({ reader_name = '' }) => ({ analog_reader_name: reader_name }),
        reading: ({ value }) => value,
        range: ({ min_range, max_range, step_size }) => ({
          min: min_range,
          max: max_range,
          step: step_size,
          unit: 'V',
        }),
      },
    ],
    named: 'board_name',
  }),
  WriteAnalog: method({ request: z.object({ pin: name, value: z.int32() }), answer: nothing }),
  GetGPIO: method({
    request: pin,
    answer: z.object({ high: z.boolean() }),
    captured: [
      { as: 'Gpios', request: ({ pin_name = '' }) => ({ pin: pin_name }), reading: ({ high }) => high },
    ],
  }),
  SetGPIO: method({ request: z.object({ pin: name, high: z.boolean().default(false) }), answer: nothing }),
  PWM: method({ request: pin, answer: z.object({ duty_cycle_pct: z.number() }) }),
  SetPWM: method({
    request: z.object({ pin: name, duty_cycle_pct: z.number().min(0).max(1).default(0) }),
    answer: nothing,
  }),
  PWMFrequency: method({ request: pin, answer: z.object({ frequency_hz: z.number() }) }),
  SetPWMFrequency: method({
    request: z.object({ pin: name, frequency_hz: z.number().min(0).default(0) }),
    answer: nothing,
  }),
  GetDigitalInterruptValue: method({
    request: z.object({ digital_interrupt_name: name }),
    answer: z.object({ value: z.number() }),
    named: 'board_name',
  }),
});
