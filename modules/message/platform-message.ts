/**
 * The IoT platform's standardised message of one reading (data formats, "messages sent to the pipeline topic"). The
 * device's `mqtt` uplink and the cloud's block door both make their messages here, so that they are equal.
 *
 * The key is `<resource>_<reader, pin or method>`, a record's fields flattened behind it; tags are resource, method,
 * owner and the configured tags; `sluice` names the reading.
 */

export type Value = number | boolean | string;

export interface Point {
  field: string;
  value: Value;
}

/** The stream that the readings are of. */
export interface MessageSource {
  part: string;
  /** The part itself, or the main part that configured the capture. */
  owner: 'part' | 'main';
  /** What the main calls the part, if not by its name. */
  remote?: string | undefined;
  resource: string;
  method: string;
  parameters: Record<string, string>;
  tags: readonly string[];
  /** What a count stands for: value = min + count × step, in `unit`. */
  range?: { readonly min: number; readonly step: number; readonly unit: string } | undefined;
}

const depthLimit = 64;
const pointLimit = 4096;

export const flattenBounds = `more than ${pointLimit} values or is nested deeper than ${depthLimit}`;

/**
 * The leaves of a nested value, keys and array indices joined with `_`; `null` is no value. Undefined: too many.
 * Where two of them would be called the same, as of `{"a":{"b":1},"a_b":2}`, the nested one is called `a.b`.
 */
export function leavesOf(record: object): Point[] | undefined {
  const leaves = flattened(record, '_');
  if (leaves === undefined || !Object.values(record).some(isNested)) return leaves;
  const names = new Set<string>();
  for (const { field } of leaves) names.add(field);
  return names.size === leaves.length ? leaves : distinct(record, leaves);
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function distinct(record: object, leaves: Point[]): Point[] {
  const names = distinctNames(
    Object.keys(record),
    leaves.map(({ field }) => field),
    flattened(record, '.')!.map(({ field }) => field),
  );
  leaves.forEach((leaf, index) => {
    leaf.field = names[index]!;
  });
  return leaves;
}

/**
 * Names of a record's leaves of which no two are the same.
 * @param keys the record's own @param names the leaves', joined with `_` @param paths the same, joined with `.`
 */
export function distinctNames(
  keys: Iterable<string>,
  names: readonly string[],
  paths: readonly string[],
): string[] {
  const taken = new Set<string>(keys);
  return names.map((joined, index) => {
    const path = paths[index]!;
    // A key as it stands, of a value that is not nested.
    if (path === joined) return joined;
    let name = joined;
    if (taken.has(name)) {
      name = path;
      while (taken.has(name)) name += '.';
    }
    taken.add(name);
    return name;
  });
}

function flattened(record: object, joint: string): Point[] | undefined {
  const leaves: Point[] = [];
  return collect(record, '', joint, leaves) ? leaves : undefined;
}

/** False: more leaves, or deeper, than is taken. */
function collect(value: object, prefix: string, joint: string, leaves: Point[], depth = 0): boolean {
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null || inner === undefined) continue;
    const field = depth === 0 ? key : prefix + joint + key;
    if (typeof inner !== 'object') {
      leaves.push({ field, value: inner as Value });
      if (leaves.length > pointLimit) return false;
    } else if (depth + 1 === depthLimit || !collect(inner, field, joint, leaves, depth + 1)) return false;
  }
  return true;
}

/** Tags as text, sorted by key, so that equal sets have equal JSON. */
export function tagRecord(leaves: readonly { field: string; value: unknown }[]): Record<string, string> {
  const sorted = leaves.map(({ field, value }): [string, string] => [field, String(value)]);
  return Object.fromEntries(sorted.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** The key in `payload_fields`: on the main, a remote's resource is `<remote>:<name>`. */
export function fieldOf({ resource, method, parameters, owner, part, remote = part }: MessageSource): string {
  const name = resource.slice(resource.indexOf('/') + 1);
  const detail = parameters.reader_name ?? parameters.pin_name ?? method;
  return `${owner === 'part' ? name : `${remote}:${name}`}_${detail}`;
}

/** @param known whether the time of the readings is */
export function tagsOf(
  { resource, method, owner, tags, parameters }: MessageSource,
  known: boolean,
): Record<string, string> {
  const fields: Point[] = [
    { field: 'resource', value: resource },
    { field: 'method', value: method },
    { field: 'owner', value: owner },
  ];
  if (tags.length > 0) fields.push({ field: 'tags', value: tags.join(',') });
  // What tells series apart that the field's name does not.
  const { reader_name: _, pin_name: __, ...others } = parameters;
  if (Object.keys(others).length > 0) fields.push({ field: 'parameters', value: JSON.stringify(others) });
  if (!known) fields.push({ field: 'time', value: 'unknown' });
  return tagRecord(fields);
}

/** What all messages of one block have in common, as text. */
export interface MessageFrame {
  head: string;
  field: string;
  /** `field` as JSON. */
  key: string;
  tail: string;
  range: MessageSource['range'];
}

/** @param block the block's name in all the world @param known whether the time of its readings is */
export function frameOf(
  source: MessageSource,
  appId: string,
  devId: string,
  block: string,
  known: boolean,
): MessageFrame {
  const tags = JSON.stringify(tagsOf(source, known));
  const { range } = source;
  const unit = range === undefined ? '' : `,"unit":${JSON.stringify(range.unit)}`;
  const field = fieldOf(source);
  return {
    head: `{"app_id":${JSON.stringify(appId)},"dev_id":${JSON.stringify(devId)},`,
    field,
    key: JSON.stringify(field),
    range,
    tail: `${unit},"tag_fields":${tags},"sluice":{"block":${JSON.stringify(block)},"index":`,
  };
}

/** One reading's values, a count as what it stands for. What is no JSON number (NaN, infinities) stands as `null` in the message. */
export function pointsOf(field: string, value: unknown, range?: MessageSource['range']): Point[] | undefined {
  if (range !== undefined && typeof value === 'number')
    return [{ field, value: range.min + value * range.step }];
  if (typeof value !== 'object' || value === null) return [{ field, value: value as Value }];
  const leaves = leavesOf(value);
  if (leaves) for (const leaf of leaves) leaf.field = `${field}_${leaf.field}`;
  return leaves;
}

/**
 * The message as one line of JSON.
 * @param time ms since 1970; undefined when unknown: then the message has none, but its place in the boot
 * @param requested monotonic ms
 */
export function lineOf(
  frame: MessageFrame,
  points: readonly Point[],
  index: number,
  time: number | undefined,
  requested: number,
): string {
  const { field, key } = frame;
  let payload = '';
  for (const point of points) {
    const name = point.field === field ? key : JSON.stringify(point.field);
    payload += `${payload === '' ? '' : ','}${name}:${valueText(point.value)}`;
  }
  return beforePayload(frame, time) + payload + behindPayload(frame, index, time, requested);
}

/** What stands before the values of a message. @param time as in `lineOf` */
export function beforePayload({ head }: MessageFrame, time: number | undefined): string {
  return time === undefined
    ? `${head}"payload_fields":{`
    : `${head}"time":${timeText(time)},"payload_fields":{`;
}

/** What stands behind them. @param time @param requested as in `lineOf` */
export function behindPayload(
  { tail }: MessageFrame,
  index: number,
  time: number | undefined,
  requested: number,
): string {
  return time === undefined ? `}${tail}${index},"monotonic":${requested}}}` : `}${tail}${index}}}`;
}

/** As `JSON.stringify` has it. An integer's digits cost XS a fifth of those of a double, whole or not. */
export function valueText(value: Value): string {
  if (typeof value !== 'number') return JSON.stringify(value);
  const whole = value | 0;
  return whole === value ? `${whole}` : JSON.stringify(value);
}

const million = 1_000_000;

/** The same of ms since 1970, in two halves that are integers. */
function timeText(time: number): string {
  const high = (time / million) | 0;
  const low = time - high * million;
  return high > 0 && low >= 0 && low < million && low === (low | 0)
    ? `${high}${`${(million + low) | 0}`.slice(1)}`
    : `${time}`;
}
