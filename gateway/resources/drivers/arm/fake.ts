/** `arm`/`fake`: has the pose and the joints that it was given. */
import { z } from 'zod';
import { arm } from '../../apis/actuators';
import { defineDriver } from '../../driver';

const standing = { x: 0, y: 0, z: 0, o_x: 0, o_y: 0, o_z: 1, theta: 0 };

export default defineDriver({
  api: arm,
  model: 'fake',
  doc: 'An arm without hardware or kinematics: joints and end position are what each was last told.',
  attributes: z.object({
    joint_positions: z
      .array(z.number())
      .min(1)
      .max(12)
      .default([0, 0, 0, 0, 0, 0])
      .describe('Degrees of each joint at the start.'),
    'arm-model': z.string().optional().describe('Has no effect.'),
    'model-path': z.string().optional().describe('Has no effect.'),
  }),
  open({ attributes: { joint_positions } }) {
    let joints = joint_positions;
    let pose = standing;
    return {
      methods: {
        GetEndPosition: () => ({ pose }),
        MoveToPosition: ({ to }) => {
          pose = to;
          return {};
        },
        GetJointPositions: () => ({ positions: { values: joints } }),
        MoveToJointPositions: ({ positions }) => {
          if (positions.values.length !== joints.length)
            throw new RangeError(`this arm has ${joints.length} joints, not ${positions.values.length}`);
          joints = positions.values;
          return {};
        },
        Stop: () => ({}),
        IsMoving: () => ({ is_moving: false }),
      },
    };
  },
});
