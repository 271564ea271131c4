/**
 * The one table of capture methods: what each API can be captured by, what a reading is stored as, and the payload of
 * Viam that it stands for (specification, "Supported components and services"; payloads as viam-server writes them).
 * Device, gateway and cloud read it. A row more here is a method more everywhere.
 */

/** What a reading is on the device and in a block. `binary` is captured by the main part only, as a file. */
export type ReadingKind = 'integer' | 'boolean' | 'double' | 'record' | 'binary';

/** What a raw count stands for: value = min + count × step, in `unit`. */
export interface ReadingRange {
  min: number;
  max: number;
  step: number;
  unit: string;
}

/** A record's fields, in the driver's order. */
export type ReadingRecord = { readonly [field: string]: unknown };

export interface CaptureMethod {
  /** `rdk:component:board` */
  api: string;
  method: string;
  /** Names that `additional_params` must have. */
  parameters: readonly string[];
  kind: ReadingKind;
  /** A device has no such thing: it is captured by the main part only. */
  mainOnly: boolean;
  /** Viam's payload of one reading: of the number or boolean stored, or of the record. */
  payload(value: unknown, range?: ReadingRange): Record<string, unknown>;
}

type Payload = CaptureMethod['payload'];

/** `{name: reading}` */
function field(name: string): Payload {
  // A parameter is a variable: captured by what is preloaded, it would be one in RAM.
  const key = name;
  return (value) => ({ [key]: value });
}

/** `{name: [fields]}`: a record whose fields are the elements of a list, in order. */
function list(name: string): Payload {
  const key = name;
  return (value) => ({ [key]: Object.values(value as ReadingRecord) });
}

/** `GetGPIOResponse`; a level is read as 0 or 1. */
const level: Payload = (value) => ({ high: value === true || value === 1 });

/** A reading that is Viam's payload as it is. */
const whole: Payload = (value) => ({ ...(value as ReadingRecord) });

/** `ReadAnalogReaderResponse`: the raw count, and the range in volts. */
const analog: Payload = (value, range) => {
  if (!range) return { value };
  const volts = range.unit === 'mV' ? 1000 : 1;
  return { value, min_range: range.min / volts, max_range: range.max / volts, step_size: range.step / volts };
};

/** `PositionType` of encoder.v1: TICKS_COUNT. */
const ticksCount = 1;

const ticks: Payload = (value) => ({ value, position_type: ticksCount });

const coordinate: Payload = (value) => {
  const { latitude, longitude, altitude_m } = value as ReadingRecord;
  return { coordinate: { latitude, longitude }, altitude_m };
};

const joints: Payload = (value) => ({ positions: list('values')(value) });

function row(
  api: string,
  method: string,
  kind: ReadingKind,
  payload: Payload,
  ...parameters: string[]
): CaptureMethod {
  return { api, method, parameters, kind, mainOnly: kind === 'binary', payload };
}

/** What the main part captures, and viam-server, beside the specification's methods. */
function mainRow(api: string, method: string, kind: ReadingKind, payload: Payload): CaptureMethod {
  return { api, method, parameters: [], kind, mainOnly: true, payload };
}

/** The command is the parameter `docommand_input`, which says by itself what is wrong with it. */
function command(api: string): CaptureMethod {
  return mainRow(api, 'DoCommand', 'record', field('docommand_output'));
}

export const captureMethods: readonly CaptureMethod[] = Object.freeze(
  [
    row('rdk:component:arm', 'EndPosition', 'record', field('pose')),
    row('rdk:component:arm', 'JointPositions', 'record', joints),
    row('rdk:component:board', 'Analogs', 'integer', analog, 'reader_name'),
    row('rdk:component:board', 'Gpios', 'boolean', level, 'pin_name'),
    row('rdk:component:camera', 'GetImages', 'binary', whole),
    row('rdk:component:camera', 'ReadImage', 'binary', whole),
    row('rdk:component:camera', 'NextPointCloud', 'binary', whole),
    row('rdk:component:encoder', 'TicksCount', 'integer', ticks),
    row('rdk:component:gantry', 'Lengths', 'record', list('lengths_mm')),
    row('rdk:component:gantry', 'Position', 'record', list('positions_mm')),
    row('rdk:component:motor', 'Position', 'double', field('position')),
    row('rdk:component:motor', 'IsPowered', 'record', whole),
    row('rdk:component:movement_sensor', 'AngularVelocity', 'record', field('angular_velocity')),
    row('rdk:component:movement_sensor', 'CompassHeading', 'double', field('value')),
    row('rdk:component:movement_sensor', 'LinearAcceleration', 'record', field('linear_acceleration')),
    row('rdk:component:movement_sensor', 'LinearVelocity', 'record', field('linear_velocity')),
    row('rdk:component:movement_sensor', 'Orientation', 'record', field('orientation')),
    row('rdk:component:movement_sensor', 'Position', 'record', coordinate),
    row('rdk:component:movement_sensor', 'Readings', 'record', field('readings')),
    row('rdk:component:power_sensor', 'Readings', 'record', field('readings')),
    row('rdk:component:sensor', 'Readings', 'record', field('readings')),
    row('rdk:component:servo', 'Position', 'integer', field('position_deg')),
    row('rdk:service:vision', 'CaptureAllFromCamera', 'binary', whole),
    mainRow('rdk:component:power_sensor', 'Voltage', 'record', whole),
    mainRow('rdk:component:power_sensor', 'Current', 'record', whole),
    mainRow('rdk:component:power_sensor', 'Power', 'double', field('watts')),
    command('rdk:component:arm'),
    command('rdk:component:board'),
    command('rdk:component:camera'),
    command('rdk:component:encoder'),
    command('rdk:component:gantry'),
    command('rdk:component:motor'),
    command('rdk:component:movement_sensor'),
    command('rdk:component:power_sensor'),
    command('rdk:component:sensor'),
    command('rdk:component:servo'),
    command('rdk:service:vision'),
  ],
  true,
);

/** Undefined when the API has no such method. */
export function findMethod(api: string, method: string): CaptureMethod | undefined {
  return captureMethods.find((row) => row.api === api && row.method === method);
}

/** The method of a stream whose resource is named in full: `rdk:component:board/my-esp32`. */
export function findMethodOf(resource: string, method: string): CaptureMethod | undefined {
  return findMethod(resource.slice(0, resource.indexOf('/')), method);
}

/** The same text: the table's own where it has the API, which takes no memory on a device. */
export function lastingApi(api: string): string {
  return captureMethods.find((row) => row.api === api)?.api ?? api;
}

/** The names of an API's methods, on the main part or on a device, for messages; empty for an API that has none. */
export function methodsOf(api: string, main: boolean): string[] {
  return captureMethods.filter((row) => row.api === api && (main || !row.mainOnly)).map((row) => row.method);
}

/** Cameras and vision services: captured by the main part. */
export function isGatewayOnly(api: string): boolean {
  return captureMethods.some((row) => row.api === api && row.kind === 'binary');
}

/** The parameters of all methods on a device. */
export const parameterNames: readonly string[] = Object.freeze([
  ...new Set(captureMethods.flatMap((row) => (row.kind === 'binary' ? [] : row.parameters))),
]);
