/**
 * How a configuration is read, watched: which attributes were asked for, so that a misspelt one can be told what it was
 * meant to be, and which numbers are written as text. And problems are not cut off after the few that a device has
 * memory for. The readers are the device's own, so they are watched from outside.
 */
import { Attributes } from '../../modules/config/attributes';
import { Problems } from '../../modules/config/problems';

/** Of what is read as it was meant, and still is not as it should be. */
export interface WatchedRemark {
  code: 'number-as-text' | 'zero-is-default';
  path: string;
  message: string;
}

export interface Watched<Result> {
  result: Result;
  /** By the path of an object: the attributes that somebody looks for in it. */
  asked: ReadonlyMap<string, ReadonlySet<string>>;
  remarks: WatchedRemark[];
}

/** Attributes in which a pin may be written either way, as the peers have it. */
const pins = /pin$|^[ab]$/;
const rate = 'capture_frequency_hz';

/** Runs synchronous readers. */
export function watchReading<Result>(read: () => Result): Watched<Result> {
  const asked = new Map<string, Set<string>>();
  const remarks: WatchedRemark[] = [];
  const { raw, number } = Attributes.prototype;
  const { add } = Problems.prototype;
  const asksFor = (attributes: Attributes, name: string) => {
    const { path } = attributes;
    const names = asked.get(path) ?? new Set();
    asked.set(path, names.add(name));
  };
  const remarkText = (attributes: Attributes, name: string) => {
    const value = raw.call(attributes, name);
    if (value?.kind !== 'string' || value.string().trim() === '' || !Number.isFinite(Number(value.string())))
      return;
    remarks.push({
      code: 'number-as-text',
      path: attributes.at(name),
      message: `${value.text()} is a text: write it without quotes`,
    });
  };
  Attributes.prototype.raw = function (name) {
    asksFor(this, name);
    if (name === rate) remarkText(this, name);
    return raw.call(this, name);
  };
  Attributes.prototype.number = function (name, bounds) {
    if (!pins.test(name)) remarkText(this, name);
    const value = number.call(this, name, bounds);
    if (name === 'sync_interval_mins' && value === 0)
      remarks.push({
        code: 'zero-is-default',
        path: this.at(name),
        message: 'is read as not set: 0.1, every 6 s; to send nothing there is "sync_disabled": true',
      });
    return value;
  };
  Problems.prototype.add = function (problem) {
    this.list.push(problem);
  };
  try {
    return { result: read(), asked, remarks };
  } finally {
    Object.assign(Attributes.prototype, { raw, number });
    Problems.prototype.add = add;
  }
}
