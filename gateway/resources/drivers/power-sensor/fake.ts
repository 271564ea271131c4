/** `power_sensor`/`fake`: the same direct current each time. */
import { z } from 'zod';
import { powerSensor } from '../../apis/sensor';
import { defineDriver } from '../../driver';

export default defineDriver({
  api: powerSensor,
  model: 'fake',
  doc: 'A power sensor without hardware that measures the same direct current each time.',
  attributes: z.object({
    volts: z.number().default(4.8).describe('Volts.'),
    amperes: z.number().default(2).describe('Amperes.'),
  }),
  open({ attributes: { volts, amperes } }) {
    const watts = volts * amperes;
    return {
      methods: {
        GetVoltage: () => ({ volts, is_ac: false }),
        GetCurrent: () => ({ amperes, is_ac: false }),
        GetPower: () => ({ watts }),
        GetReadings: () => ({ readings: { volts, amps: amperes, is_ac: false, watts } }),
      },
    };
  },
});
