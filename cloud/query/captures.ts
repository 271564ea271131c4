/**
 * Streams as Viam calls them: the one place that says how its names stand for ours.
 *
 * | Viam | here |
 * | --- | --- |
 * | organization, location | project, `app_id` |
 * | machine (`robot_id`, `robot_name`) | main part that handed the blocks in; of messages the device |
 * | part (`part_id`, `part_name`) | the device of what it captures itself, the main part of what that configured |
 * | component type, name | the tag `resource`, `<type>/<name>`, without the remotes' prefixes |
 * | method | the tag `method` |
 * | parameters | `reader_name` or `pin_name` in the field, `<name>_<reader or pin>`; others in the tag `parameters`, JSON, in which a command is a text |
 * | tags | the tag `tags`, split at commas; `time_unknown` where the boot never knew the time |
 * | payload | what the table of capture methods makes of a reading (`modules/config/methods`) |
 *
 * A message whose value is nested under its field came as Viam's payload, and is that: a device's own messages are flat.
 * A message that names no resource is a reading of the sensor that is called as its device.
 */
import { findMethod } from '../../modules/config/methods';
import { splitResourceName } from '../../modules/config/resource-name';
import type { LeafPath } from '../message/leaf-paths';
import type { Capture } from './capture';
import { type Leaf, payloadOf } from './payload-shape';
import type { TaskSeries } from './task';

/** A field, and what its captured value is called in it. */
interface Place {
  /** With which the fields of a capture begin. */
  base: string;
  remote: string | undefined;
  /** Behind the resource's name: reader, pin or method. */
  detail: string;
  path: LeafPath;
}

const sensor = 'rdk:component:sensor';

/** In order of their keys. */
export function capturesOf(series: readonly TaskSeries[]): Capture[] {
  const streams = new Map<string, { of: TaskSeries; place: Place; leaves: Leaf[] }>();
  // The order in which series came is that of a reading's values.
  for (const one of [...series].sort((a, b) => a.id - b.id)) {
    const place = placeOf(one);
    const key = JSON.stringify([one.appId, one.part, place.base, one.tags]);
    const stream = streams.get(key) ?? { of: one, place, leaves: [] };
    stream.leaves.push({ series: one.id, path: place.path, kinds: one.kinds ?? 0 });
    streams.set(key, stream);
  }
  return [...streams]
    .map(([key, { of, place, leaves }]) => captureOf(key, of, place, leaves))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function captureOf(key: string, of: TaskSeries, place: Place, leaves: readonly Leaf[]): Capture {
  const { appId, part: devId, tags, origin, scale, unit } = of;
  const { owner } = tags;
  const machine = origin?.main ?? devId;
  const { api: type, name } = splitResourceName(tags.resource ?? `${sensor}/${devId}`);
  const method = tags.method ?? 'Readings';
  const row = findMethod(type, method);
  const isPayload = tags.resource !== undefined && origin?.main === undefined && origin?.path !== undefined;
  const range =
    scale && origin?.maximum !== undefined
      ? { min: scale.minimum, max: origin.maximum, step: scale.step, unit: unit ?? '' }
      : undefined;
  const [parameter] = row?.parameters ?? [];
  const time = tags.time === 'unknown' ? ['time_unknown'] : [];
  return {
    appId,
    devId,
    machine,
    partId: owner === 'main' ? machine : devId,
    componentType: type,
    componentName: name,
    ...(place.remote !== undefined && { remoteName: `${place.remote}:${name}` }),
    method,
    parameters: {
      ...(parameter !== undefined && { [parameter]: place.detail }),
      ...othersOf(tags.parameters),
    },
    tags: [...(tags.tags?.split(',') ?? []), ...time],
    key,
    series: leaves.map(({ series }) => series),
    payload: payloadOf(isPayload ? 'whole' : row, leaves, range),
  };
}

/**
 * What is no JSON object, a tag of somebody else's, says nothing of parameters. Parameters are texts; a command is the
 * object that it is, as a viam-server gives it.
 */
function othersOf(text: string | undefined): Record<string, unknown> {
  const others = text === undefined ? undefined : objectOf(text);
  const { docommand_input: command } = others ?? {};
  const input = typeof command === 'string' ? objectOf(command) : undefined;
  return { ...others, ...(input && { docommand_input: input }) };
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? { ...parsed }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Fields are `<name>_<detail>`, on the main `<remote>:<name>_<detail>`, a record's leaf behind it (`modules/message`). */
function placeOf({ stream: field, tags: { resource, method }, origin }: TaskSeries): Place {
  const path = origin?.path;
  if (resource === undefined || method === undefined)
    return { base: '', remote: undefined, detail: '', path: path ?? [field] };
  const top = path === undefined ? field : String(path[0]);
  const slash = resource.indexOf('/');
  const name = resource.slice(slash + 1);
  const before = top.startsWith(`${name}_`) ? 0 : top.indexOf(`:${name}_`) + 1;
  const rest = top.slice(before + name.length + 1);
  if (before === 0 && !top.startsWith(`${name}_`))
    return { base: '', remote: undefined, detail: '', path: path ?? [field] };
  const remote = before > 0 ? top.slice(0, before - 1) : undefined;
  if (path !== undefined) return { base: top, remote, detail: rest, path: path.slice(1) };
  const hasParameter = (findMethod(resource.slice(0, slash), method)?.parameters.length ?? 0) > 0;
  if (hasParameter || rest === method) return { base: top, remote, detail: rest, path: [] };
  if (!rest.startsWith(`${method}_`)) return { base: top, remote, detail: rest, path: [] };
  const base = top.slice(0, before + name.length + 1 + method.length);
  return { base, remote, detail: method, path: [rest.slice(method.length + 1)] };
}
