/** Every driver of this machine. A new one is its file and a line here. */
import type { Driver } from './driver';
import fakeArm from './drivers/arm/fake';
import fakeBoard from './drivers/board/fake';
import fakeCamera from './drivers/camera/fake';
import imageDirectory from './drivers/camera/image-directory';
import imageUrl from './drivers/camera/image-url';
import webcam from './drivers/camera/webcam';
import fakeEncoder from './drivers/encoder/fake';
import fakeGantry from './drivers/gantry/fake';
import fakeMotor from './drivers/motor/fake';
import fakeMovementSensor from './drivers/movement-sensor/fake';
import fakePowerSensor from './drivers/power-sensor/fake';
import fakeSensor from './drivers/sensor/fake';
import system from './drivers/sensor/system';
import fakeServo from './drivers/servo/fake';
import fakeVision from './drivers/vision/fake';

export const drivers: readonly Driver[] = [
  fakeArm,
  fakeBoard,
  fakeCamera,
  fakeEncoder,
  fakeGantry,
  fakeMotor,
  fakeMovementSensor,
  fakePowerSensor,
  fakeSensor,
  fakeServo,
  fakeVision,
  imageDirectory,
  imageUrl,
  system,
  webcam,
];

const byModel = new Map(drivers.map((driver) => [`${driver.api} ${driver.model}`, driver]));

/** Undefined when no driver here runs the model. */
export function findDriver(api: string, model: string): Driver | undefined {
  return byModel.get(`${api} ${model}`);
}

/** The models of an API, for messages. */
export function modelsOf(api: string): string[] {
  return drivers.filter((driver) => driver.api === api).map(({ model }) => model);
}
