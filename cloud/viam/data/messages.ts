/** `viam.app.data.v1`: the SDK's messages, and one that it has in an older form. */
import { MethodKind } from '@bufbuild/protobuf';
import { serviceOf } from '@sluice/common/viam';
import { integer, many, message, nested, text } from '@sluice/common/viam/messages';
import { dataApi } from '@viamrobotics/sdk';

const TagsFilter = message('viam.app.data.v1.TagsFilter', [integer(1, 'type'), many(text(2, 'tags'))]);

const DeleteTabularFilter = message('viam.app.data.v1.DeleteTabularFilter', [
  many(text(1, 'location_ids')),
  text(2, 'robot_id'),
  text(3, 'part_id'),
  text(4, 'component_type'),
  text(5, 'component_name'),
  text(6, 'method'),
  nested(7, 'tags_filter', TagsFilter),
]);

/** With its filter: without it, more would be deleted than was asked. */
const DeleteTabularDataRequest = message('viam.app.data.v1.DeleteTabularDataRequest', [
  text(1, 'organization_id'),
  integer(2, 'delete_older_than_days'),
  nested(3, 'filter', DeleteTabularFilter),
]);

export const DataService = serviceOf(
  'viam.app.data.v1.DataService',
  { ...dataApi, DeleteTabularDataRequest },
  { streams: { ExportTabularData: MethodKind.ServerStreaming } },
);

/** Of `Order`. */
export const descending = 1;
/** Of `TagsFilterType`. */
export const tagsFilterType = { unspecified: 0, any: 1, tagged: 2, untagged: 3 } as const;
