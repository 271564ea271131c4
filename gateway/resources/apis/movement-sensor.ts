import { z } from 'zod';
import { data, defineApi, method, nothing, vector } from './api';

const axes = [
  'linear_velocity',
  'angular_velocity',
  'orientation',
  'position',
  'compass_heading',
  'linear_acceleration',
];

export const movementSensor = defineApi(
  'rdk:component:movement_sensor',
  'viam.component.movementsensor.v1.MovementSensorService',
  {
    GetAngularVelocity: method({
      request: nothing,
      answer: z.object({ angular_velocity: vector }),
      captured: [{ as: 'AngularVelocity', reading: ({ angular_velocity }) => angular_velocity }],
    }),
    GetCompassHeading: method({
      request: nothing,
      answer: z.object({ value: z.number() }),
      captured: [{ as: 'CompassHeading', reading: ({ value }) => value }],
    }),
    GetLinearAcceleration: method({
      request: nothing,
      answer: z.object({ linear_acceleration: vector }),
      captured: [{ as: 'LinearAcceleration', reading: ({ linear_acceleration }) => linear_acceleration }],
    }),
    GetLinearVelocity: method({
      request: nothing,
      answer: z.object({ linear_velocity: vector }),
      captured: [{ as: 'LinearVelocity', reading: ({ linear_velocity }) => linear_velocity }],
    }),
    GetOrientation: method({
      request: nothing,
      answer: z.object({
        orientation: z.object({ o_x: z.number(), o_y: z.number(), o_z: z.number(), theta: z.number() }),
      }),
      captured: [{ as: 'Orientation', reading: ({ orientation }) => orientation }],
    }),
    GetPosition: method({
      request: nothing,
      answer: z.object({
        coordinate: z.object({ latitude: z.number(), longitude: z.number() }),
        altitude_m: z.number(),
      }),
      captured: [
        { as: 'Position', reading: ({ coordinate, altitude_m }) => ({ ...coordinate, altitude_m }) },
      ],
    }),
    GetProperties: method({
      request: nothing,
      answer: z.object(Object.fromEntries(axes.map((axis) => [`${axis}_supported`, z.boolean()]))),
    }),
    GetAccuracy: method({
      request: nothing,
      answer: z.object({ accuracy: z.record(z.string(), z.number()) }),
    }),
    GetReadings: method({
      request: nothing,
      answer: z.object({ readings: data }),
      captured: [{ as: 'Readings', reading: ({ readings }) => readings }],
    }),
  },
);
