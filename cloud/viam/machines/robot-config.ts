/**
 * A machine's Viam JSON as `viam.app.v1.RobotConfig`, which a viam-server and a micro-rdk run. Names are written out
 * as both of them read them: APIs and models as triplets, service configurations by their full types.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Plain } from '@sluice/common/viam/messages';
import { appRobotApi } from '@viamrobotics/sdk';
import type { StoredMachine } from './machine-file';
import { isPlain, type Made, protoOf } from './proto-json';

/** Where a machine has reached this cloud. */
export interface Reached {
  /** `cloud.example:8475` */
  host: string;
  /** In plain text. */
  insecure: boolean;
}

/** @throws SyntaxError when the configuration is no JSON: `MachineList` takes none */
export function robotConfigOf(machine: StoredMachine & { configuration: string }, reached: Reached): Made {
  const { cloud: _own, ...json } = JSON.parse(machine.configuration) as Plain;
  return protoOf(appRobotApi.RobotConfig as never, {
    ...normal(json),
    cloud: cloudOf(machine, reached),
    revision: createHash('sha256').update(machine.configuration).digest('hex').slice(0, 16),
  });
}

/** Paths of a configuration that Viam's protocol has no place for. @throws Error when it is no object */
export function leftOutOf(configuration: unknown): string[] {
  if (!isPlain(configuration)) throw new Error('a configuration is an object');
  const { cloud: _own, ...json } = configuration;
  return protoOf(appRobotApi.RobotConfig as never, normal(json)).leftOut;
}

/** A machine's name in the network, which its certificate is for. */
export function machineHost({ id, project }: Pick<StoredMachine, 'id' | 'project'>): string {
  return `${id}.${project}.local`.toLowerCase();
}

/** Without a location's secret a viam-server does not start; it is derived, so that it stays and need not be kept. */
function cloudOf(machine: StoredMachine, { host, insecure }: Reached): Plain {
  const { id, project, secret } = machine;
  const location = createHmac('sha256', secret.hash).update('location').digest('base64url');
  return {
    id,
    fqdn: machineHost(machine),
    local_fqdn: machineHost(machine),
    managed_by: host,
    signaling_address: host,
    signaling_insecure: insecure,
    location_secrets: [{ id: `${project}-location`, secret: location }],
    primary_org_id: project,
    location_id: project,
    machine_id: id,
  };
}

function normal(json: Plain): Plain {
  const list = (name: string, change: (entry: Plain) => Plain): Plain => {
    const entries = json[name];
    return Array.isArray(entries)
      ? { [name]: entries.map((each) => (isPlain(each) ? change(each) : each)) }
      : {};
  };
  return {
    ...json,
    ...list('components', (entry) => resource(entry, 'component')),
    ...list('services', (entry) => resource(entry, 'service')),
    ...list('remotes', placed),
    ...list('modules', ({ executable_path, ...rest }) => ({ path: executable_path, ...rest })),
  };
}

/** `{ type: "board", model: "esp32" }` or `{ api: "rdk:component:board", … }`. */
function resource(entry: Plain, kind: 'component' | 'service'): Plain {
  const { api, type, model, namespace = 'rdk' } = entry;
  const written = String(api ?? type ?? '');
  const full = written.includes(':') ? written : `${namespace}:${kind}:${written}`;
  const [ofNamespace, , subtype] = full.split(':');
  return {
    ...placed(entry),
    api: full,
    type: subtype,
    namespace: ofNamespace,
    model: typeof model === 'string' && model !== '' && !model.includes(':') ? `rdk:builtin:${model}` : model,
  };
}

/** With its frame and service configurations as the protocol has them. */
function placed(entry: Plain): Plain {
  const { service_configs: configs, frame } = entry;
  return {
    ...entry,
    ...(Array.isArray(configs) && { service_configs: configs.map(serviceConfig) }),
    ...(isPlain(frame) && {
      frame: { ...frame, ...(isPlain(frame.orientation) && orientation(frame.orientation)) },
    }),
  };
}

function serviceConfig(config: unknown): unknown {
  if (!isPlain(config) || typeof config.type !== 'string' || config.type.includes(':')) return config;
  return { ...config, type: `rdk:service:${config.type}` };
}

const orientations: Readonly<Record<string, string>> = {
  ov_radians: 'vector_radians',
  ov_degrees: 'vector_degrees',
  euler_angles: 'euler_angles',
  axis_angles: 'axis_angles',
  quaternion: 'quaternion',
};

/** `{ type: "ov_degrees", value: { x, y, z, th } }` */
function orientation({ type, value }: Plain): Plain {
  const member = orientations[String(type)];
  if (member === undefined || !isPlain(value)) return {};
  const { th, ...rest } = value;
  return { orientation: { [member]: { ...rest, ...(th !== undefined && { theta: th }) } } };
}
