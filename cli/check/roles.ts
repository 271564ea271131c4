/** Whose configuration a text is: a board's own, that of the main part, or the cloud's. */
import { configurationMembers } from '../../cloud/configuration';
import type { JsonValue } from '../../modules/config/json';
import { isGatewayOnly } from '../../modules/config/methods';
import { findDriver } from '../../modules/resources/registry';

export type Role = 'board' | 'main' | 'cloud';

const machineMembers = ['components', 'services', 'remotes'];
/** What only a main part has. */
const mainMembers = ['remotes', 'modules', 'processes', 'jobs'];
const mainAttributes = [
  'additional_sync_paths',
  'capture_dir',
  'delete_data_on_part_deletion',
  'delete_every_nth_when_disk_full',
  'maximum_num_sync_threads',
  'mongo_capture_config',
];

/** Models that are made of a chip's pins: no main part has them. */
export function isOnChip(api: string, model: string): boolean {
  return !model.startsWith('fake') && findDriver(api, model) !== undefined;
}

/** Whether it has anything of a machine's: a board's or a main part's. */
export function isMachine(root: JsonValue): boolean {
  return machineMembers.some((name) => root.member(name) !== undefined);
}

/** @returns undefined when it could be either */
export function roleOf(root: JsonValue): Role | undefined {
  const names = root.names();
  if (!isMachine(root) && names.some((name) => configurationMembers.includes(name))) return 'cloud';
  if (mainMembers.some((name) => elementsOf(root, name).length > 0)) return 'main';
  const components = elementsOf(root, 'components');
  if (components.some((entry) => isOnChip(apiOf(entry, 'component'), modelOf(entry)))) return 'board';
  if (components.some((entry) => isGatewayOnly(apiOf(entry, 'component')))) return 'main';
  for (const service of elementsOf(root, 'services')) {
    if (apiOf(service, 'service') !== 'rdk:service:data_manager') return 'main';
    const attributes = service.member('attributes');
    if (mainAttributes.some((name) => says(attributes?.member(name)))) return 'main';
  }
  return components.length > 0 || !isMachine(root) ? undefined : 'main';
}

export function apiOf(entry: JsonValue, family: 'component' | 'service'): string {
  const written = (entry.member('api') ?? entry.member('type'))?.string() ?? '';
  return written.includes(':') ? written : `rdk:${family}:${written}`;
}

export function modelOf(entry: JsonValue): string {
  return (
    entry
      .member('model')
      ?.string()
      .replace(/^rdk:builtin:/, '') ?? ''
  );
}

export function elementsOf(root: JsonValue, name: string): JsonValue[] {
  return (root.member(name)?.elements() ?? []).filter(({ kind }) => kind === 'object');
}

/** What is empty or off asks for nothing. */
function says(value: JsonValue | undefined): boolean {
  if (value === undefined) return false;
  if (value.kind === 'array') return value.elements().length > 0;
  return value.kind === 'object' || !['', '0', 'false', 'null'].includes(value.string());
}
