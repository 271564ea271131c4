/** `Filter` of binary data, and the places at which pages end. */
import type { ObjectEntry, ObjectKey } from '../../stores/objects/object-entry';
import type { ObjectFilter } from '../../stores/objects/object-index';
import { invalid } from './errors';
import { type Filter, spanOf, type TagsFilter } from './filter';
import { tagsFilterType } from './messages';

/** @param projects that may be meant @returns undefined: nothing here can fit */
export function objectFilterOf(filter: Filter, projects: readonly string[]): ObjectFilter | undefined {
  const { component_name, component_type, method, mime_type = [], dataset_id, bbox_labels = [] } = filter;
  const appIds = projects.filter((appId) => isAsked(filter, appId));
  if (appIds.length === 0) return undefined;
  const [devId, ...otherDevices] = given(filter.part_id, filter.part_name);
  const [main, ...otherMains] = given(filter.robot_id, filter.robot_name);
  if (otherDevices.some((other) => other !== devId) || otherMains.some((other) => other !== main))
    return undefined;
  const tags = tagsOf(filter.tags_filter);
  return {
    appIds,
    ...(devId !== undefined && { devId }),
    ...(main !== undefined && { main }),
    ...((component_name || component_type) && {
      resource: { api: component_type || undefined, name: component_name || undefined },
    }),
    ...(method && { method }),
    ...(mime_type.length > 0 && { mimeTypes: mime_type }),
    ...spanOf(filter.interval, 'filter.interval'),
    ...(tags !== undefined && { tags }),
    ...(dataset_id && { dataset: dataset_id }),
    ...(bbox_labels.length > 0 && { labels: bbox_labels }),
  };
}

function isAsked({ organization_ids = [], location_ids = [] }: Filter, appId: string): boolean {
  return [organization_ids, location_ids].every((ids) => ids.length === 0 || ids.includes(appId));
}

const given = (...texts: (string | undefined)[]) => texts.filter((text) => text !== undefined && text !== '');

function tagsOf({ type, tags = [] }: TagsFilter = {}): ObjectFilter['tags'] {
  if (type === tagsFilterType.tagged) return 'some';
  if (type === tagsFilterType.untagged) return 'none';
  return tags.length === 0 ? undefined : { anyOf: tags };
}

/** Where a page ended. */
export function tokenOf({ captured, appId, devId, name }: ObjectEntry): string {
  return Buffer.from(JSON.stringify([captured, appId, devId, name])).toString('base64url');
}

/** @throws ConnectError */
export function placeOf(token: string): ObjectKey & { captured: number } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    parsed = undefined;
  }
  const [captured, appId, devId, name] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  const isText = [appId, devId, name].every((text) => typeof text === 'string');
  if (typeof captured !== 'number' || !isText)
    throw invalid('data_request.last', 'is no place that a page ended at');
  return { captured, appId, devId, name } as ObjectKey & { captured: number };
}
