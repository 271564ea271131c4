/** Bounding boxes of stored images: drawn, moved and taken away by whoever may write. */
import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Principal } from '@sluice/common/access';
import { longestLabel, mostAnnotations } from '@sluice/common/viam/limits';
import { type BoundingBox, namedAnnotations } from '../../stores/objects/annotations';
import type { ObjectStore } from '../../stores/objects/object-store';
import { invalid } from './errors';
import { type BinaryId, entriesOf } from './named-objects';

interface ImageRequest {
  binary_data_id?: string;
  binary_id?: BinaryId;
}

type Box = Partial<Omit<BoundingBox, 'id'>>;
type BoxRequest = ImageRequest & Box & { bbox_id?: string };

const sides = ['x_min_normalized', 'y_min_normalized', 'x_max_normalized', 'y_max_normalized'] as const;

export class BoundingBoxes {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  async add(request: BoxRequest, caller: Principal): Promise<object> {
    const id = randomUUID();
    await this.#change(request, caller, (boxes) => {
      if (boxes.length >= mostAnnotations) throw invalid('binary_data_id', `has ${boxes.length} boxes`);
      return [...boxes, checked({ id, label: '', ...noCorners, ...boxIn(request) })];
    });
    return { bboxId: id };
  }

  /** What the request leaves out stays as it is. */
  async update(request: BoxRequest, caller: Principal): Promise<object> {
    await this.#change(request, caller, (boxes) => {
      const before = boxOf(boxes, request);
      const after = checked({ ...before, ...boxIn(request) });
      return boxes.map((box) => (box === before ? after : box));
    });
    return {};
  }

  async remove(request: BoxRequest, caller: Principal): Promise<object> {
    await this.#change(request, caller, (boxes) => {
      const gone = boxOf(boxes, request);
      return boxes.filter((box) => box !== gone);
    });
    return {};
  }

  async #change(
    { binary_data_id, binary_id }: ImageRequest,
    caller: Principal,
    change: (boxes: readonly BoundingBox[]) => BoundingBox[],
  ): Promise<void> {
    const ids = binary_data_id ? { binary_data_ids: [binary_data_id] } : {};
    const older = binary_id && !binary_data_id ? { binary_ids: [binary_id] } : {};
    const entries = entriesOf(this.#objects.index, { ...ids, ...older }, (appId) => caller.mayWrite(appId));
    await this.#objects.describe(entries, (description) => {
      const { bboxes = [], classifications = [] } = description.annotations ?? {};
      const changed = { bboxes: change(bboxes), classifications };
      return { ...description, annotations: namedAnnotations(changed) };
    });
  }
}

const noCorners = { x_min_normalized: 0, y_min_normalized: 0, x_max_normalized: 0, y_max_normalized: 0 };

/** What a request says of a box. */
function boxIn(request: BoxRequest): Box {
  const members = ['label', 'confidence', ...sides] as const;
  return Object.fromEntries(
    members.filter((member) => request[member] !== undefined).map((member) => [member, request[member]]),
  );
}

/** @throws ConnectError NOT_FOUND */
function boxOf(boxes: readonly BoundingBox[], { bbox_id = '' }: BoxRequest): BoundingBox {
  const box = boxes.find(({ id }) => id === bbox_id);
  if (box === undefined) throw new ConnectError(`bbox_id: there is no box '${bbox_id}'`, Code.NotFound);
  return box;
}

/** @throws ConnectError INVALID_ARGUMENT */
function checked(box: BoundingBox): BoundingBox {
  if (box.label === '' || box.label.length > longestLabel)
    throw invalid('label', `has 1 to ${longestLabel} letters`);
  for (const side of sides)
    if (!(box[side] >= 0 && box[side] <= 1)) throw invalid(side, 'is a share of the image: 0 to 1');
  for (const axis of ['x', 'y'] as const)
    if (box[`${axis}_min_normalized`] > box[`${axis}_max_normalized`])
      throw invalid(`${axis}_min_normalized`, `is beyond ${axis}_max_normalized`);
  return box;
}
