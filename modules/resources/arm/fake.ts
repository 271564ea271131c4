/** `arm`/`fake`: stands at `joint_positions` (degrees, six zeros by default) with its end at `end_position` {x, y, z}. */

import type { DriverContext } from '../driver';
import { fieldsOf, type Resource, type Source, sourceOf, unsupported } from '../source';

/** More would not fit a block. */
const maximumJoints = 12;

export default function build({ attributes }: DriverContext): Resource {
  const joints = attributes.numbers('joint_positions').slice(0, maximumJoints);
  const end = attributes.group('end_position');
  const pose = {
    x: end?.number('x') ?? 0,
    y: end?.number('y') ?? 0,
    z: end?.number('z') ?? 0,
    o_x: 0,
    o_y: 0,
    o_z: 1,
    theta: 0,
  };
  end?.finish();
  // viam-server's: kinematics are the main's.
  for (const other of ['arm-model', 'model-path']) attributes.raw(other);
  return new FakeArm(pose, fieldsOf(joints.length > 0 ? joints : [0, 0, 0, 0, 0, 0]));
}

class FakeArm implements Resource {
  private readonly pose: object;
  private readonly joints: object;

  constructor(pose: object, joints: object) {
    this.pose = pose;
    this.joints = joints;
  }

  source(method: string): Source {
    const { pose, joints } = this;
    if (method === 'EndPosition') return sourceOf('record', { read: () => pose });
    if (method === 'JointPositions') return sourceOf('record', { read: () => joints });
    return unsupported(method, 'arm/fake');
  }

  close(): void {}
}
