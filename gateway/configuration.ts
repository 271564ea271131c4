/**
 * The main part's Viam machine configuration. One bad entry is reported with its JSON path and left out; the rest
 * holds (design, "Isolation"). What a remote's `service_configs` says about resources is for its part to check:
 * only the part knows them.
 */
import { cpus } from 'node:os';
import { z } from 'zod';
import type { Problem, ProblemCode } from '../modules/config/problems';

/** The main's data manager, with the specification's defaults. */
export interface DataManager {
  captureDisabled: boolean;
  /** Empty: the default directory. */
  captureDirectory: string;
  syncDisabled: boolean;
  /** Milliseconds. */
  syncInterval: number;
  syncThreads: number;
  tags: string[];
}

export interface Remote {
  name: string;
  /** First label of `address`: the other name that a part may go by. */
  label: string;
  secret: string;
  /** Its `service_configs` entries of type data_manager, for the part. */
  additions: unknown[];
  path: string;
}

export interface Machine {
  dataManager: DataManager;
  remotes: Remote[];
  problems: Problem[];
}

const tag = z.string().regex(/^[A-Za-z0-9_-]+$/, 'may have letters, digits, underscores and dashes only');
const notNegative = (attribute: string) => z.number().min(0, `${attribute} can't be negative`);

const attributes = z.object({
  capture_disabled: z.boolean().default(false),
  capture_dir: z.string().default(''),
  sync_disabled: z.boolean().default(false),
  sync_interval_mins: notNegative('sync_interval_mins').default(0.1),
  tags: z.array(tag).default([]),
  // The peer takes half the processors, which is none on a machine with one.
  maximum_num_sync_threads: notNegative('maximum_num_sync_threads').default(Math.ceil(cpus().length / 2)),
});

/** Of the specification, valid, but nothing here acts on them yet. */
const notActedOn = [
  'additional_sync_paths',
  'delete_every_nth_when_disk_full',
  'delete_data_on_part_deletion',
  'mongo_capture_config',
];
/** For the parts: precedence of `cache_size_kb` is the method's, then the service's. */
const known = new Set([...Object.keys(attributes.shape), ...notActedOn, 'cache_size_kb']);

const remote = z.object({
  name: z.string().min(1),
  address: z.string().default(''),
  secret: z.string().min(1, 'is empty: the part could not prove who it is'),
  service_configs: z.array(z.unknown()).default([]),
});

const entry = z.looseObject({ type: z.string().optional(), api: z.string().optional() });

/** Checks a parsed configuration. @param content what the JSON text stands for */
export function checkMachine(content: unknown): Machine {
  const problems: Problem[] = [];
  const machine: Machine = { dataManager: dataManager({}), remotes: [], problems };
  const top = z.looseObject({}).safeParse(content);
  if (!top.success) {
    problems.push(error('wrong-type', '$', 'is not a JSON object'));
    return machine;
  }
  const list = (key: string): unknown[] => {
    const value = top.data[key] ?? [];
    if (Array.isArray(value)) return value;
    problems.push(error('wrong-type', key, 'is not an array'));
    return [];
  };
  readServices(list('services'), machine);
  readRemotes(list('remotes'), machine);
  for (const index of list('components').keys()) {
    const message = 'is not captured: the gateway captures the resources of its remotes';
    problems.push({
      severity: 'warning',
      code: 'not-for-this-device',
      path: `components[${index}]`,
      message,
    });
  }
  return machine;
}

function readServices(services: unknown[], machine: Machine): void {
  let found = false;
  for (const [index, service] of services.entries()) {
    const path = `services[${index}]`;
    if (!isDataManager(service)) {
      const message = 'is not a data_manager: ignored';
      machine.problems.push({ severity: 'warning', code: 'not-for-this-device', path, message });
      continue;
    }
    if (found) {
      machine.problems.push(error('duplicate-name', path, 'is a second data_manager: ignored'));
      continue;
    }
    found = true;
    machine.dataManager = readDataManager(
      (service as { attributes?: unknown }).attributes ?? {},
      `${path}.attributes`,
      machine.problems,
    );
  }
}

/** A wrong attribute is reported, and its default taken. */
function readDataManager(value: unknown, path: string, problems: Problem[]): DataManager {
  const object = z.looseObject({}).safeParse(value);
  if (!object.success) {
    problems.push(error('wrong-type', path, 'is not a JSON object'));
    return dataManager({});
  }
  const given = { ...object.data };
  for (const key of Object.keys(given)) {
    if (!known.has(key)) problems.push(warning(`${path}.${key}`, 'is not known: ignored'));
    if (notActedOn.includes(key)) problems.push(warning(`${path}.${key}`, 'is not acted on by this version'));
  }
  const checked = attributes.safeParse(given);
  if (checked.success) return dataManager(given);
  for (const { path: inner, message } of checked.error.issues) {
    problems.push(error('out-of-range', `${path}${suffix(inner)}`, message));
    delete given[String(inner[0])];
  }
  return dataManager(given);
}

function dataManager(given: object): DataManager {
  const checked = attributes.parse(given);
  return {
    captureDisabled: checked.capture_disabled,
    captureDirectory: checked.capture_dir,
    syncDisabled: checked.sync_disabled,
    syncInterval: checked.sync_interval_mins * 60_000,
    syncThreads: Math.max(1, Math.floor(checked.maximum_num_sync_threads)),
    tags: checked.tags,
  };
}

function readRemotes(remotes: unknown[], machine: Machine): void {
  const names = new Set<string>();
  for (const [index, value] of remotes.entries()) {
    const path = `remotes[${index}]`;
    const checked = remote.safeParse(value);
    if (!checked.success) {
      for (const { path: inner, message } of checked.error.issues) {
        machine.problems.push(error('out-of-range', `${path}${suffix(inner)}`, message));
      }
      continue;
    }
    const { name, address, secret, service_configs } = checked.data;
    if (names.has(name)) {
      machine.problems.push(
        error('duplicate-name', `${path}.name`, `'${name}' is the name of another remote`),
      );
      continue;
    }
    names.add(name);
    const additions = service_configs.filter((service, at) => {
      if (isDataManager(service)) return true;
      machine.problems.push(
        warning(`${path}.service_configs[${at}]`, 'is not of type data_manager: ignored'),
      );
      return false;
    });
    machine.remotes.push({ name, label: address.split('.')[0]!, secret, additions, path });
  }
}

/** The remote which a part of this name belongs to (design, "Who dials"). */
export function remoteOf(machine: Machine, part: string): Remote | undefined {
  return (
    machine.remotes.find(({ name }) => name === part) ?? machine.remotes.find(({ label }) => label === part)
  );
}

function isDataManager(value: unknown): boolean {
  const { data } = entry.safeParse(value);
  const type = data?.api ?? data?.type;
  return type === 'data_manager' || type === 'rdk:service:data_manager';
}

function suffix(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
}

function error(code: ProblemCode, path: string, message: string): Problem {
  return { severity: 'error', code, path, message };
}

function warning(path: string, message: string): Problem {
  return { severity: 'warning', code: 'unknown-attribute', path, message };
}
