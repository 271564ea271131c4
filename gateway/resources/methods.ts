/** The one table of methods: collectors, calls over the link and Viam's services are served from it. */
import { arm, encoder, gantry, motor, servo } from './apis/actuators';
import type { Api, CapturedMethod, Method } from './apis/api';
import { board } from './apis/board';
import { dataManager } from './apis/data-manager';
import { movementSensor } from './apis/movement-sensor';
import { powerSensor, sensor } from './apis/sensor';
import { camera, vision } from './apis/vision';

export const apis: readonly Pick<Api, 'api' | 'rows'>[] = [
  arm,
  board,
  camera,
  dataManager,
  encoder,
  gantry,
  motor,
  movementSensor,
  powerSensor,
  sensor,
  servo,
  vision,
];

export const methods: readonly Method[] = apis.flatMap(({ rows }) => rows);

const byName = new Map(methods.map((row) => [`${row.api} ${row.name}`, row]));

/** @param name `ReadAnalogReader`; undefined when the API has no such method */
export function findApiMethod(api: string, name: string): Method | undefined {
  return byName.get(`${api} ${name}`);
}

/** What a capture method calls, and what it makes of the answer; undefined when the API has no such capture method. */
export function findCaptured(
  api: string,
  as: string,
): { method: Method; captured: CapturedMethod } | undefined {
  for (const method of methods) {
    if (method.api !== api) continue;
    const captured = method.captured.find((each) => each.as === as);
    if (captured) return { method, captured };
  }
  return undefined;
}
