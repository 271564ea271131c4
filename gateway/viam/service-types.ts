/** Viam's services of a machine, as this gateway serves them. */
import { MethodKind, type ServiceType } from '@bufbuild/protobuf';
import { serviceOf } from '@sluice/common/viam';
import {
  armApi,
  boardApi,
  cameraApi,
  dataManagerApi,
  encoderApi,
  gantryApi,
  motorApi,
  movementSensorApi,
  powerSensorApi,
  robotApi,
  servoApi,
  visionApi,
} from '@viamrobotics/sdk';

const streams = {
  StreamTicks: MethodKind.ServerStreaming,
  StreamStatus: MethodKind.ServerStreaming,
  Tunnel: MethodKind.BiDiStreaming,
};

function service(typeName: string, messages: object, shared: readonly string[] = []): ServiceType {
  return serviceOf(typeName, messages as Readonly<Record<string, unknown>>, { shared, streams });
}

const common = ['DoCommand', 'GetStatus'];
const placed = [...common, 'GetGeometries'];

export const robotService = service('viam.robot.v1.RobotService', robotApi);

/** By full name: `viam.component.board.v1.BoardService`. */
export const resourceServices: ReadonlyMap<string, ServiceType> = new Map(
  [
    service('viam.component.arm.v1.ArmService', armApi, [...placed, 'GetKinematics', 'Get3DModels']),
    service('viam.component.board.v1.BoardService', boardApi, placed),
    service('viam.component.camera.v1.CameraService', cameraApi, placed),
    service('viam.component.encoder.v1.EncoderService', encoderApi, placed),
    service('viam.component.gantry.v1.GantryService', gantryApi, [...placed, 'GetKinematics']),
    service('viam.component.motor.v1.MotorService', motorApi, placed),
    service('viam.component.movementsensor.v1.MovementSensorService', movementSensorApi, [
      ...placed,
      'GetReadings',
    ]),
    service('viam.component.powersensor.v1.PowerSensorService', powerSensorApi, [...common, 'GetReadings']),
    service('viam.component.sensor.v1.SensorService', {}, [...placed, 'GetReadings']),
    service('viam.component.servo.v1.ServoService', servoApi, placed),
    service('viam.service.datamanager.v1.DataManagerService', dataManagerApi, common),
    service('viam.service.vision.v1.VisionService', visionApi, common),
  ].map((each) => [each.typeName, each]),
);
