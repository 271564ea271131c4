/** What an upload says of itself, checked. */

import { Value } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { schemaFault } from '@sluice/common/errors';
import { dataType, type Plain, plainOf } from '@sluice/common/viam/messages';
import { z } from 'zod';
import { identifierProblem } from '../../message/message';
import { type Annotations, annotationsSchema } from '../../stores/objects/annotations';

const text = z.string().max(256);
/** Wall milliseconds, of a `Timestamp`. */
const time = z.number().min(-8.64e15).max(8.64e15);

const schema = z.object({
  part_id: z.string(),
  component_type: text,
  component_name: text,
  method_name: text,
  type: z.union([z.literal(dataType.binary), z.literal(dataType.tabular), z.literal(dataType.file)]),
  file_name: z.string().max(4096),
  method_parameters: z.record(text, z.object({ type_url: text, value: z.instanceof(Uint8Array) })),
  file_extension: z.string().max(32),
  tags: z.array(text.min(1)).max(64),
  dataset_ids: z.array(text.min(1)).max(64),
  mime_type: text,
  file_create_time: time.optional(),
  file_modify_time: time.optional(),
});

export interface UploadMetadata {
  part: string;
  /** `rdk:component:board/b`; empty of a file that is of none. */
  resource: string;
  method: string;
  parameters: Record<string, unknown>;
  type: number;
  fileName: string;
  extension: string;
  tags: readonly string[];
  datasets: readonly string[];
  mimeType: string;
  /** Wall milliseconds. */
  created: number | undefined;
  modified: number | undefined;
}

/** @throws ConnectError INVALID_ARGUMENT that names the place */
export function readUploadMetadata(message: object | undefined): UploadMetadata {
  if (message === undefined) throw invalid('metadata is missing');
  const { data, error } = schema.safeParse(plainOf(message));
  if (error) {
    const issue = error.issues[0]!;
    throw invalid(`metadata.${issue.path.join('.')}: ${schemaFault(issue)}`);
  }
  const wrong = identifierProblem('dev_id', data.part_id);
  if (wrong) throw invalid(`metadata.part_id: ${wrong.message}`);
  const { component_type: api, component_name: name } = data;
  return {
    part: data.part_id,
    resource: api === '' && name === '' ? '' : `${api}/${name}`,
    method: data.method_name,
    parameters: Object.fromEntries(
      Object.entries(data.method_parameters).map(([key, any]) => [key, parameterOf(key, any)]),
    ),
    type: data.type,
    fileName: data.file_name,
    extension: data.file_extension,
    tags: data.tags,
    datasets: data.dataset_ids,
    mimeType: data.mime_type,
    created: data.file_create_time,
    modified: data.file_modify_time,
  };
}

/** An `Any` of a `google.protobuf.Value`, as Viam's machines pack parameters; of another message its bytes. */
function parameterOf(
  key: string,
  { type_url: type, value }: { type_url: string; value: Uint8Array },
): unknown {
  if (!type.endsWith('/google.protobuf.Value')) return { type, bytes: Buffer.from(value).toString('base64') };
  try {
    return Value.fromBinary(value).toJson();
  } catch {
    throw invalid(`metadata.method_parameters.${key}: is no Value`);
  }
}

export function invalid(reason: string): ConnectError {
  return new ConnectError(reason, Code.InvalidArgument);
}

/** What a reading says of itself. */
export interface ReadingMetadata {
  /** When it was asked for and received, wall milliseconds, where it says so. */
  requested: number | undefined;
  received: number | undefined;
  /** Empty: see `UploadMetadata`. */
  mimeType: string;
  annotations: Annotations | undefined;
}

/** By the numbers of the protocol's enumeration, which older machines use. */
const mimeTypes = ['', 'image/jpeg', 'image/png', 'pointcloud/pcd', 'video/mp4'];

/** @throws ConnectError INVALID_ARGUMENT */
export function readReadingMetadata(metadata: Plain | undefined, place: string): ReadingMetadata {
  const { time_requested: requested, time_received: received, mime_type, annotations } = metadata ?? {};
  for (const each of [requested, received])
    if (each !== undefined && !time.safeParse(each).success)
      throw invalid(`${place}: has a time that is no date`);
  const seen = annotationsSchema.optional().safeParse(annotations);
  if (!seen.success) {
    const issue = seen.error.issues[0]!;
    throw invalid(`${place}: annotations.${issue.path.join('.')}: ${schemaFault(issue)}`);
  }
  return {
    requested: requested as number | undefined,
    received: received as number | undefined,
    mimeType: mimeTypes[mime_type as number] ?? '',
    annotations: seen.data,
  };
}
