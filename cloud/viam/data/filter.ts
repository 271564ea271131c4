/** `Filter` and `CaptureInterval`: which captures are meant, and of when. */
import type { Capture } from '../../query/capture';
import { invalid } from './errors';
import { tagsFilterType } from './messages';

/** As messages become plain objects: what is not set is empty, or is not there. */
export interface Filter {
  component_name?: string;
  component_type?: string;
  method?: string;
  robot_name?: string;
  robot_id?: string;
  part_name?: string;
  part_id?: string;
  location_ids?: string[];
  organization_ids?: string[];
  mime_type?: string[];
  interval?: Interval;
  tags_filter?: TagsFilter;
  bbox_labels?: string[];
  dataset_id?: string;
}

/** Milliseconds. */
export interface Interval {
  start?: number;
  end?: number;
}

export interface TagsFilter {
  type?: number;
  tags?: string[];
}

/** ms: `from` ≤ time < `to`. */
export interface Span {
  from?: number;
  to?: number;
}

const latest = 8.64e15;

/** @param place of the interval in the request @throws ConnectError */
export function spanOf({ start, end }: Interval = {}, place: string): Span {
  for (const [name, time] of Object.entries({ start, end }))
    if (time !== undefined && Math.abs(time) > latest) throw invalid(`${place}.${name}`, 'is no date');
  if (start !== undefined && end !== undefined && start > end)
    throw invalid(place, 'its start is after its end');
  // Times are kept in whole milliseconds.
  return {
    ...(start !== undefined && { from: Math.ceil(start) }),
    ...(end !== undefined && { to: Math.ceil(end) }),
  };
}

const isAnyOf = (given: readonly string[] | undefined, value: string): boolean =>
  given === undefined || given.length === 0 || given.includes(value);
const is = (given: string | undefined, ...values: (string | undefined)[]): boolean =>
  given === undefined || given === '' || values.includes(given);

/** Which captures a filter means. What only binary data has, no reading has. */
export function matcherOf(filter: Filter): (capture: Capture) => boolean {
  const isOfBinary =
    (filter.mime_type?.length ?? 0) > 0 ||
    (filter.bbox_labels?.length ?? 0) > 0 ||
    !is(filter.dataset_id, '');
  return (capture) =>
    !isOfBinary &&
    isAnyOf(filter.organization_ids, capture.appId) &&
    isAnyOf(filter.location_ids, capture.appId) &&
    is(filter.robot_id, capture.machine) &&
    is(filter.robot_name, capture.machine) &&
    isPart(filter.part_id, capture) &&
    isPart(filter.part_name, capture) &&
    isComponent(filter.component_type ?? '', filter.component_name ?? '', capture) &&
    is(filter.method, capture.method) &&
    hasTags(filter.tags_filter, capture.tags);
}

/** What the main part configured is of that part, and answers under its device's name too. */
export function isPart(given: string | undefined, { partId, devId }: Capture): boolean {
  return is(given, partId, devId);
}

/** A type may be given in short, a component as the main part calls it. */
export function isComponent(type: string, name: string, capture: Capture): boolean {
  const { componentType, componentName, remoteName } = capture;
  return is(type, componentType, componentType.split(':').at(-1)) && is(name, componentName, remoteName);
}

function hasTags({ type, tags = [] }: TagsFilter = {}, of: readonly string[]): boolean {
  if (type === tagsFilterType.tagged) return of.length > 0;
  if (type === tagsFilterType.untagged) return of.length === 0;
  return tags.length === 0 || tags.some((tag) => of.includes(tag));
}
