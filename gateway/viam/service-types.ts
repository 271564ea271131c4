/**
 * Viam's services, as this gateway serves them: the SDK exports their messages, not the services, so they are put
 * together here. A remote procedure `X` takes `XRequest` and answers `XResponse`.
 */
import { type MethodInfo, MethodKind, type ServiceType } from '@bufbuild/protobuf';
import type { ConnectRouter, HandlerContext, ServiceImpl } from '@connectrpc/connect';
import {
  armApi,
  boardApi,
  cameraApi,
  commonApi,
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
import type { AnyType } from './messages/define';
import { GetStatusRequest, GetStatusResponse } from './messages/status';

type Messages = Readonly<Record<string, unknown>>;

/** Those whose answers are many. Only what is no unary call is listed. */
const streams: Readonly<Record<string, MethodKind>> = {
  StreamTicks: MethodKind.ServerStreaming,
  StreamStatus: MethodKind.ServerStreaming,
  Tunnel: MethodKind.BiDiStreaming,
};

/** @param shared methods whose messages are in `viam.common.v1` */
function service(typeName: string, messages: Messages, shared: readonly string[] = []): ServiceType {
  const own = Object.keys(messages)
    .map((name) => /^(.+)Request$/.exec(name)?.[1])
    .filter((name): name is string => name !== undefined && `${name}Response` in messages);
  const pool: Messages = { ...commonApi, GetStatusRequest, GetStatusResponse, ...messages };
  const methods = Object.fromEntries(
    [...own, ...shared].map((name): [string, MethodInfo] => [
      localName(name),
      {
        name,
        I: pool[`${name}Request`] as never,
        O: pool[`${name}Response`] as never,
        kind: streams[name] ?? MethodKind.Unary,
      } as MethodInfo,
    ]),
  );
  return { typeName, methods };
}

/** As Connect's generators name a method: `GetGPIO` is `getGPIO`. */
export function localName(rpc: string): string {
  return rpc.charAt(0).toLowerCase() + rpc.slice(1);
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

/** The messages of a method, whichever copy of the runtime they are of. */
export function messagesOf(method: MethodInfo): { request: AnyType; answer: AnyType } {
  return { request: method.I as never, answer: method.O as never };
}

/** By local name; a method that is left out is UNIMPLEMENTED. */
export type Implementation = Record<
  string,
  (request: object, context: HandlerContext) => object | Promise<object>
>;

/** Services whose messages are known at run time only: what their handlers give is a message of the right type. */
export function addService(
  router: ConnectRouter,
  service: ServiceType,
  implementation: Implementation,
): void {
  router.service(service, implementation as unknown as Partial<ServiceImpl<ServiceType>>);
}
