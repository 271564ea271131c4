/**
 * A message as a line of InfluxDB's line protocol (data formats, "InfluxDB fields and tags"): the measurement is
 * `dev_id`, the fields are those of `payload_fields`, the tags `dev_id` and those of `tag_fields`. Numbers are floats,
 * so that a quantity that comes as 42 and as 42.5 has one type.
 */
import type { Message, Value } from '../../message/message';

/** undefined: it has no field, so there is no point. Its time is in milliseconds. */
export function lineOfMessage({ devId, time, points, tags }: Message): string | undefined {
  if (points.length === 0) return undefined;
  const all = { ...tags, dev_id: devId };
  const pairs = Object.entries(all)
    .filter(([key, value]) => key !== '' && value !== '')
    .map(([key, value]) => `,${escapeKey(key)}=${escapeKey(value)}`)
    .sort();
  const fields = points.map(({ field, value }) => `${escapeKey(field)}=${valueText(value)}`);
  return `${escapeMeasurement(devId)}${pairs.join('')} ${fields.join(',')} ${time}`;
}

function valueText(value: Value): string {
  return typeof value === 'string' ? `"${value.replace(/[\\"]/g, '\\$&')}"` : String(value);
}

/** Only a text may have line ends; elsewhere they would begin another point. */
function escapeKey(text: string): string {
  return text.replace(/\r?\n|\r/g, ' ').replace(/[,= ]/g, '\\$&');
}

function escapeMeasurement(text: string): string {
  return text.replace(/[, ]/g, '\\$&');
}
