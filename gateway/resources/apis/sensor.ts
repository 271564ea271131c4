import { z } from 'zod';
import { data, defineApi, method, nothing } from './api';

const answer = z.object({ readings: data });

/** A record is stored as it is; Viam's payload has it under `readings`. */
const readings = method({
  request: nothing,
  answer,
  captured: [{ as: 'Readings', reading: (given) => given.readings }],
});

export const sensor = defineApi('rdk:component:sensor', 'viam.component.sensor.v1.SensorService', {
  GetReadings: readings,
});

export const powerSensor = defineApi(
  'rdk:component:power_sensor',
  'viam.component.powersensor.v1.PowerSensorService',
  {
    GetVoltage: method({
      request: nothing,
      answer: z.object({ volts: z.number(), is_ac: z.boolean() }),
      captured: [{ as: 'Voltage' }],
    }),
    GetCurrent: method({
      request: nothing,
      answer: z.object({ amperes: z.number(), is_ac: z.boolean() }),
      captured: [{ as: 'Current' }],
    }),
    GetPower: method({
      request: nothing,
      answer: z.object({ watts: z.number() }),
      captured: [{ as: 'Power', reading: ({ watts }) => watts }],
    }),
    GetReadings: readings,
  },
);
