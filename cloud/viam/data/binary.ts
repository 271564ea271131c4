/** Binary data and files: pages by filter, by id, their tags, their removal. */
import { Code, ConnectError } from '@connectrpc/connect';
import type { Principal } from '@sluice/common/access';
import { messageOf, type Plain } from '@sluice/common/viam/messages';
import { dataApi } from '@viamrobotics/sdk';
import { splitResourceName } from '../../../modules/config/resource-name';
import type { ObjectDescription, ObjectEntry, ObjectKey } from '../../stores/objects/object-entry';
import type { ObjectFilter } from '../../stores/objects/object-index';
import type { ObjectStore } from '../../stores/objects/object-store';
import { binaryDataId } from '../data-sync/binaries';
import { objectFilterOf, placeOf, tokenOf } from './binary-filter';
import { invalid } from './errors';
import type { Filter } from './filter';
import { descending } from './messages';
import { parametersOf } from './metadata';
import { entriesOf, type IdsRequest } from './named-objects';

/** Objects of a page: as asked, and at most. */
const usualPage = 50;
const largestPage = 1_000;
/** Bytes of contents in one answer; those of one object always fit. */
const answerBytes = 16 * 2 ** 20;
const largestObject = 32 * 2 ** 20;
/** Answers with contents that are put together at once: they are whole in memory. */
const mostAnswers = 8;
/** Objects that are changed at a time. */
const portion = 500;
const mostTags = 64;
const longestTag = 256;

interface ByFilterRequest {
  data_request?: { filter?: Filter; limit?: number; last?: string; sort_order?: number };
  include_binary?: boolean;
  count_only?: boolean;
}

interface FilterRequest {
  filter?: Filter;
}

interface TagsRequest {
  tags?: string[];
}

interface DatasetRequest extends IdsRequest {
  dataset_id?: string;
}

export class Binary {
  readonly #objects: ObjectStore;
  #answers = 0;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  async byFilter(request: ByFilterRequest, caller: Principal): Promise<object> {
    const { index } = this.#objects;
    const { filter = {}, limit = 0, last = '', sort_order } = request.data_request ?? {};
    const asked = this.#filterOf(filter, caller);
    if (asked === undefined) return {};
    if (request.count_only) {
      const { objects, bytes } = index.count(asked);
      return { count: BigInt(objects), totalSizeBytes: BigInt(bytes) };
    }
    const entries = index.search(asked, {
      limit: Math.min(limit === 0 ? usualPage : limit, largestPage),
      newestFirst: sort_order === descending,
      ...(last !== '' && { after: placeOf(last) }),
    });
    const data = await this.#data(entries, request.include_binary ?? false);
    const end = entries[data.length - 1];
    return messageOf(dataApi.BinaryDataByFilterResponse as never, {
      data,
      count: data.length,
      last: end === undefined ? '' : tokenOf(end),
    });
  }

  async byIds(request: IdsRequest & { include_binary?: boolean }, caller: Principal): Promise<object> {
    const entries = entriesOf(this.#objects.index, request, (appId) => caller.mayRead(appId));
    const data = await this.#data(entries, request.include_binary ?? false);
    if (data.length < entries.length)
      throw new ConnectError(
        `binary_data_ids: more than ${answerBytes} bytes: ask for fewer`,
        Code.ResourceExhausted,
      );
    return messageOf(dataApi.BinaryDataByIDsResponse as never, { data, count: data.length });
  }

  async deleteByIds(request: IdsRequest, caller: Principal): Promise<object> {
    const entries = entriesOf(this.#objects.index, request, (appId) => caller.mayWrite(appId));
    return { deletedCount: BigInt(await this.#objects.remove(entries)) };
  }

  async deleteByFilter({ filter = {} }: FilterRequest, caller: Principal): Promise<object> {
    if ((filter.organization_ids?.length ?? 0) === 0)
      throw invalid('filter.organization_ids', 'is empty: say whose data is to go');
    let deleted = 0;
    for await (const entries of this.#portions(filter, caller))
      deleted += await this.#objects.remove(entries);
    return { deletedCount: BigInt(deleted) };
  }

  async addTagsByIds(
    { tags = [], ...request }: IdsRequest & TagsRequest,
    caller: Principal,
  ): Promise<object> {
    const added = checkedTags(tags);
    await this.#tag(
      entriesOf(this.#objects.index, request, (appId) => caller.mayWrite(appId)),
      added,
      [],
    );
    return {};
  }

  async addTagsByFilter(request: FilterRequest & TagsRequest, caller: Principal): Promise<object> {
    const { filter = {}, tags = [] } = request;
    const added = checkedTags(tags);
    for await (const entries of this.#portions(filter, caller)) await this.#tag(entries, added, []);
    return {};
  }

  async removeTagsByIds(request: IdsRequest & TagsRequest, caller: Principal): Promise<object> {
    const { tags = [], ...ids } = request;
    const removed = checkedTags(tags);
    const entries = entriesOf(this.#objects.index, ids, (appId) => caller.mayWrite(appId));
    return { deletedCount: BigInt(await this.#tag(entries, [], removed)) };
  }

  async removeTagsByFilter(request: FilterRequest & TagsRequest, caller: Principal): Promise<object> {
    const { filter = {}, tags = [] } = request;
    const removed = checkedTags(tags);
    let count = 0;
    for await (const entries of this.#portions(filter, caller))
      count += await this.#tag(entries, [], removed);
    return { deletedCount: BigInt(count) };
  }

  async addToDataset({ dataset_id = '', ...ids }: DatasetRequest, caller: Principal): Promise<object> {
    const entries = entriesOf(this.#objects.index, ids, (appId) => caller.mayWrite(appId));
    const dataset = checkedDataset(dataset_id);
    await this.#objects.describe(entries, (description) => {
      const datasets = [...new Set([...(description.datasets ?? []), dataset])];
      if (datasets.length > mostTags)
        throw invalid('dataset_id', `is one of ${datasets.length} of one object, of at most ${mostTags}`);
      return { ...description, datasets };
    });
    return {};
  }

  async removeFromDataset({ dataset_id = '', ...ids }: DatasetRequest, caller: Principal): Promise<object> {
    const entries = entriesOf(this.#objects.index, ids, (appId) => caller.mayWrite(appId));
    const dataset = checkedDataset(dataset_id);
    await this.#objects.describe(entries, ({ datasets = [], ...description }) => ({
      ...(description as ObjectDescription),
      datasets: datasets.filter((each) => each !== dataset),
    }));
    return {};
  }

  async tags({ filter = {} }: FilterRequest, caller: Principal): Promise<object> {
    const asked = this.#filterOf(filter, caller);
    return { tags: asked === undefined ? [] : this.#objects.index.tags(asked) };
  }

  /** Of bounding boxes. */
  async labels({ filter = {} }: FilterRequest, caller: Principal): Promise<object> {
    const asked = this.#filterOf(filter, caller);
    return { labels: asked === undefined ? [] : this.#objects.index.labels(asked) };
  }

  #filterOf(filter: Filter, caller: Principal): ObjectFilter | undefined {
    const projects = this.#objects.index.projects().filter((appId) => caller.mayRead(appId));
    return objectFilterOf(filter, projects);
  }

  /** What fits and may be changed, some at a time. */
  async *#portions(filter: Filter, caller: Principal): AsyncGenerator<ObjectEntry[]> {
    const { index } = this.#objects;
    const projects = index.projects().filter((appId) => caller.mayWrite(appId));
    const asked = objectFilterOf(filter, projects);
    if (asked === undefined) return;
    let after: ObjectEntry | undefined;
    for (;;) {
      const entries = index.search(asked, { limit: portion, ...(after && { after }) });
      if (entries.length === 0) return;
      yield entries;
      after = entries.at(-1);
    }
  }

  /** Resolves to how many tags were added or taken away. */
  async #tag(
    entries: readonly ObjectKey[],
    added: readonly string[],
    removed: readonly string[],
  ): Promise<number> {
    let changes = 0;
    await this.#objects.describe(entries, (description) => {
      const kept = description.tags.filter((tag) => !removed.includes(tag));
      const tags = [...new Set([...kept, ...added])];
      if (tags.length > mostTags)
        throw invalid('tags', `are ${tags.length} of one object, of at most ${mostTags}`);
      changes += description.tags.length - kept.length + tags.length - kept.length;
      return { ...description, tags };
    });
    return changes;
  }

  /** As many as fit into an answer; what was removed meanwhile has no contents. */
  async #data(entries: readonly ObjectEntry[], withContents: boolean): Promise<Plain[]> {
    if (!withContents) return entries.map((entry) => ({ metadata: metadataOf(entry) }));
    if (this.#answers >= mostAnswers)
      throw new ConnectError(`${mostAnswers} answers with contents at once`, Code.ResourceExhausted);
    this.#answers++;
    try {
      const data: Plain[] = [];
      let bytes = 0;
      for (const entry of entries) {
        bytes += entry.description.bytes;
        if (bytes > answerBytes && data.length > 0) break;
        data.push({ metadata: metadataOf(entry), binary: await this.#contents(entry) });
      }
      return data;
    } finally {
      this.#answers--;
    }
  }

  async #contents(entry: ObjectEntry): Promise<Uint8Array> {
    const { bytes } = entry.description;
    if (bytes > largestObject)
      throw new ConnectError(
        `${binaryDataId(entry)} has ${bytes} bytes: more than an answer takes`,
        Code.ResourceExhausted,
      );
    const file = await this.#objects.read(entry);
    if (file === undefined) return new Uint8Array(0);
    try {
      return await file.read(0, bytes);
    } finally {
      await file.close();
    }
  }
}

/** @throws ConnectError */
function checkedTags(tags: readonly string[]): readonly string[] {
  if (tags.length === 0) throw invalid('tags', 'is empty');
  for (const [index, tag] of tags.entries())
    if (tag === '' || tag.length > longestTag)
      throw invalid(`tags[${index}]`, `has 1 to ${longestTag} letters`);
  return tags;
}

/** @throws ConnectError */
function checkedDataset(dataset: string): string {
  if (dataset === '' || dataset.length > longestTag)
    throw invalid('dataset_id', `has 1 to ${longestTag} letters`);
  return dataset;
}

function metadataOf(entry: ObjectEntry): Plain {
  const { description } = entry;
  const { fileName = '', extension, datasets = [], requested, received, annotations } = description;
  return {
    id: binaryDataId(entry),
    binary_data_id: binaryDataId(entry),
    capture_metadata: captureOf(description),
    time_requested: requested ?? entry.captured,
    time_received: received ?? entry.captured,
    file_name: fileName,
    file_ext: extension,
    dataset_ids: [...datasets],
    annotations,
  };
}

function captureOf(description: ObjectDescription): Plain {
  const { app_id, dev_id, main, resource, method, parameters, tags, mimeType = '' } = description;
  const { api, name } = splitResourceName(resource);
  return {
    organization_id: app_id,
    location_id: app_id,
    robot_name: main,
    robot_id: main,
    part_name: dev_id,
    part_id: dev_id,
    component_type: api,
    component_name: name,
    method_name: method,
    method_parameters: parametersOf(parameters),
    tags: [...tags],
    mime_type: mimeType,
  };
}
