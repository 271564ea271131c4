/**
 * A block as standardised messages, one a reading (design, "From stream to platform message"): `dev_id` is the part,
 * or the main part for what that one configured; the key is `<resource>_<reader, pin or method>`, a record's fields
 * flattened behind it; tags are resource, method, owner and the configured tags; `sluice` names the reading.
 */
import type { DecodedBlock } from '../modules/block/decoder';
import type { CaptureFileMetadata, WallMapping } from '../modules/block/file';
import { flatten, type Message, type Point, tagRecord, timeLimit } from './message';

export interface Expansion {
  appId: string;
  /** The main part's name. */
  main: string;
  metadata: CaptureFileMetadata;
  /** The block's name in all the world. */
  name: string;
  mapping: WallMapping;
  block: DecodedBlock;
  /** Stands in for the time of readings whose boot never knew it. */
  arrival: number;
}

export function deviceOf(metadata: CaptureFileMetadata, main: string): string {
  return metadata.owner === 'part' ? metadata.part : main;
}

/** The key in `payload_fields`: on the main, a remote's resource is `<remote>:<name>`. */
export function fieldOf({ resource, method, parameters, owner, part }: CaptureFileMetadata): string {
  const name = resource.slice(resource.indexOf('/') + 1);
  const detail = parameters.reader_name ?? parameters.pin_name ?? method;
  return `${owner === 'part' ? name : `${part}:${name}`}_${detail}`;
}

export function tagsOf({ resource, method, owner, tags }: CaptureFileMetadata, known: boolean) {
  const fields: [string, string][] = [
    ['resource', resource],
    ['method', method],
    ['owner', owner],
  ];
  if (tags.length > 0) fields.push(['tags', tags.join(',')]);
  if (!known) fields.push(['time', 'unknown']);
  return tagRecord(fields.map(([field, value]) => ({ field, value })));
}

export function expandBlock(expansion: Expansion): Message[] {
  const { appId, main, metadata, name, mapping, block, arrival } = expansion;
  const devId = deviceOf(metadata, main);
  const field = fieldOf(metadata);
  const tags = tagsOf(metadata, mapping.known);
  const head = `{"app_id":${JSON.stringify(appId)},"dev_id":${JSON.stringify(devId)},`;
  const tail = `,"tag_fields":${JSON.stringify(tags)},"sluice":{"block":${JSON.stringify(name)},"index":`;
  const messages: Message[] = [];
  for (const { requested, value } of block.readings()) {
    const index = messages.length;
    const time = mapping.known ? Math.floor(requested + mapping.offset) : arrival;
    if (!(Math.abs(time) <= timeLimit))
      throw new Error(`reading ${index} has a time that is no date: ${time}`);
    const points = pointsOf(field, value);
    const payload = points.map((point) => `${JSON.stringify(point.field)}:${JSON.stringify(point.value)}`);
    messages.push({
      appId,
      devId,
      time,
      // Without a known time the message has none; its place in the boot stays recoverable.
      line: mapping.known
        ? `${head}"time":${time},"payload_fields":{${payload}}${tail}${index}}}`
        : `${head}"payload_fields":{${payload}}${tail}${index},"monotonic":${requested}}}`,
      points: points.filter((point) => typeof point.value !== 'number' || Number.isFinite(point.value)),
      tags,
      name: { block: name, index },
    });
  }
  return messages;
}

/** What is no JSON number (NaN, infinities) stands as `null` in the message. */
function pointsOf(field: string, value: unknown): Point[] {
  if (typeof value !== 'object' || value === null) return [{ field, value: value as number | boolean }];
  const flat = flatten(value, field);
  if ('refusal' in flat) throw new Error(`${flat.refusal.path} ${flat.refusal.message}`);
  return flat.leaves.map((leaf) => ({ field: `${field}_${leaf.field}`, value: leaf.value }));
}
