/** What moves: encoders, motors, servos, gantries, arms. */
import { z } from 'zod';
import { defineApi, method, nothing } from './api';

const isMoving = method({ request: nothing, answer: z.object({ is_moving: z.boolean() }) });
const stop = method({ request: nothing, answer: nothing });
const share = z.number().min(-1).max(1);

export const encoder = defineApi('rdk:component:encoder', 'viam.component.encoder.v1.EncoderService', {
  GetPosition: method({
    /** 1: ticks, 2: degrees; 0: whichever it has. */
    request: z.object({ position_type: z.int().min(0).max(2).optional() }),
    answer: z.object({ value: z.number(), position_type: z.int() }),
    captured: [
      { as: 'TicksCount', request: () => ({ position_type: 1 }), reading: ({ value }) => Math.trunc(value) },
    ],
  }),
  ResetPosition: method({ request: nothing, answer: nothing }),
  GetProperties: method({
    request: nothing,
    answer: z.object({ ticks_count_supported: z.boolean(), angle_degrees_supported: z.boolean() }),
  }),
});

export const motor = defineApi('rdk:component:motor', 'viam.component.motor.v1.MotorService', {
  SetPower: method({ request: z.object({ power_pct: share.default(0) }), answer: nothing }),
  GoFor: method({
    request: z.object({ rpm: z.number().default(0), revolutions: z.number().default(0) }),
    answer: nothing,
  }),
  GoTo: method({
    request: z.object({ rpm: z.number().default(0), position_revolutions: z.number().default(0) }),
    answer: nothing,
  }),
  SetRPM: method({ request: z.object({ rpm: z.number().default(0) }), answer: nothing }),
  ResetZeroPosition: method({ request: z.object({ offset: z.number().default(0) }), answer: nothing }),
  GetPosition: method({
    request: nothing,
    answer: z.object({ position: z.number() }),
    captured: [{ as: 'Position', reading: ({ position }) => position }],
  }),
  GetProperties: method({ request: nothing, answer: z.object({ position_reporting: z.boolean() }) }),
  Stop: stop,
  IsPowered: method({
    request: nothing,
    answer: z.object({ is_on: z.boolean(), power_pct: z.number() }),
    captured: [{ as: 'IsPowered' }],
  }),
  IsMoving: isMoving,
});

export const servo = defineApi('rdk:component:servo', 'viam.component.servo.v1.ServoService', {
  Move: method({ request: z.object({ angle_deg: z.int().min(0).max(360).default(0) }), answer: nothing }),
  GetPosition: method({
    request: nothing,
    answer: z.object({ position_deg: z.int() }),
    captured: [{ as: 'Position', reading: ({ position_deg }) => position_deg }],
  }),
  Stop: stop,
  IsMoving: isMoving,
});

const lengths = z.array(z.number()).max(12);

/** A list as a record of `axis_0`, `axis_1` … in order: what is stored of a list. */
function record(values: readonly number[]): Record<string, number> {
  return Object.fromEntries(values.map((value, index) => [`axis_${index}`, value]));
}

export const gantry = defineApi('rdk:component:gantry', 'viam.component.gantry.v1.GantryService', {
  GetPosition: method({
    request: nothing,
    answer: z.object({ positions_mm: lengths }),
    captured: [{ as: 'Position', reading: ({ positions_mm }) => record(positions_mm) }],
  }),
  GetLengths: method({
    request: nothing,
    answer: z.object({ lengths_mm: lengths }),
    captured: [{ as: 'Lengths', reading: ({ lengths_mm }) => record(lengths_mm) }],
  }),
  MoveToPosition: method({
    request: z.object({ positions_mm: lengths, speeds_mm_per_sec: lengths.default([]) }),
    answer: nothing,
  }),
  Home: method({ request: nothing, answer: z.object({ homed: z.boolean() }) }),
  Stop: stop,
  IsMoving: isMoving,
});

const pose = z.object({
  x: z.number().default(0),
  y: z.number().default(0),
  z: z.number().default(0),
  o_x: z.number().default(0),
  o_y: z.number().default(0),
  o_z: z.number().default(0),
  theta: z.number().default(0),
});
const joints = z.object({ values: lengths });

export const arm = defineApi('rdk:component:arm', 'viam.component.arm.v1.ArmService', {
  GetEndPosition: method({
    request: nothing,
    answer: z.object({ pose }),
    captured: [{ as: 'EndPosition', reading: (answer) => answer.pose }],
  }),
  MoveToPosition: method({ request: z.object({ to: pose }), answer: nothing }),
  GetJointPositions: method({
    request: nothing,
    answer: z.object({ positions: joints }),
    captured: [{ as: 'JointPositions', reading: ({ positions }) => record(positions.values) }],
  }),
  MoveToJointPositions: method({ request: z.object({ positions: joints }), answer: nothing }),
  Stop: stop,
  IsMoving: isMoving,
});
