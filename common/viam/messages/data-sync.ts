/** `viam.app.datasync.v1`: what a machine's data go to Viam's cloud in. */
import { Any, MethodKind, proto3, ScalarType, type ServiceType, Struct, Timestamp } from '@bufbuild/protobuf';
import { bytes, either, type Field, fraction, many, message, nested, optional, text } from './define';

/** Of an upload, by the protocol's numbers. */
export const dataType = { binary: 1, tabular: 2, file: 3 } as const;

const DataType = proto3.makeEnumType('viam.app.datasync.v1.DataType', [
  { no: 0, name: 'DATA_TYPE_UNSPECIFIED' },
  { no: 1, name: 'DATA_TYPE_BINARY_SENSOR' },
  { no: 2, name: 'DATA_TYPE_TABULAR_SENSOR' },
  { no: 3, name: 'DATA_TYPE_FILE' },
]);

export const UploadMetadata = message('viam.app.datasync.v1.UploadMetadata', [
  text(1, 'part_id'),
  text(2, 'component_type'),
  text(3, 'component_name'),
  text(5, 'method_name'),
  { no: 6, name: 'type', kind: 'enum', T: DataType } as Field,
  text(7, 'file_name'),
  {
    no: 8,
    name: 'method_parameters',
    kind: 'map',
    K: ScalarType.STRING,
    V: { kind: 'message', T: Any },
  } as Field,
  text(9, 'file_extension'),
  many(text(10, 'tags')),
  many(text(12, 'dataset_ids')),
  text(13, 'mime_type'),
  nested(14, 'file_create_time', Timestamp),
  nested(15, 'file_modify_time', Timestamp),
]);

/** Which types an older machine tells of each reading. */
const MimeType = proto3.makeEnumType('viam.app.datasync.v1.MimeType', [
  { no: 0, name: 'MIME_TYPE_UNSPECIFIED' },
  { no: 1, name: 'MIME_TYPE_IMAGE_JPEG' },
  { no: 2, name: 'MIME_TYPE_IMAGE_PNG' },
  { no: 3, name: 'MIME_TYPE_APPLICATION_PCD' },
  { no: 4, name: 'MIME_TYPE_VIDEO_MP4' },
]);

const BoundingBox = message('viam.app.data.v1.BoundingBox', [
  text(1, 'id'),
  text(2, 'label'),
  fraction(3, 'x_min_normalized'),
  fraction(4, 'y_min_normalized'),
  fraction(5, 'x_max_normalized'),
  fraction(6, 'y_max_normalized'),
  optional(fraction(7, 'confidence')),
]);

const Classification = message('viam.app.data.v1.Classification', [
  text(1, 'label'),
  optional(fraction(2, 'confidence')),
  text(3, 'id'),
]);

const Annotations = message('viam.app.data.v1.Annotations', [
  many(nested(1, 'bboxes', BoundingBox)),
  many(nested(2, 'classifications', Classification)),
]);

export const SensorMetadata = message('viam.app.datasync.v1.SensorMetadata', [
  nested(1, 'time_requested', Timestamp),
  nested(2, 'time_received', Timestamp),
  { no: 3, name: 'mime_type', kind: 'enum', T: MimeType } as Field,
  nested(4, 'annotations', Annotations),
]);

export const SensorData = message('viam.app.datasync.v1.SensorData', [
  nested(1, 'metadata', SensorMetadata),
  either('data', nested(2, 'struct', Struct)),
  either('data', bytes(3, 'binary')),
]);

const answer = (name: string) =>
  message(`viam.app.datasync.v1.${name}Response`, [text(1, 'file_id'), text(2, 'binary_data_id')]);

/** With its readings serialised already: their lengths decide how many a request takes. */
const DataCaptureUploadRequest = message('viam.app.datasync.v1.DataCaptureUploadRequest', [
  nested(1, 'metadata', UploadMetadata),
  many(bytes(2, 'sensor_contents')),
]);

const FileData = message('viam.app.datasync.v1.FileData', [bytes(1, 'data')]);

const FileUploadRequest = message('viam.app.datasync.v1.FileUploadRequest', [
  either('upload_packet', nested(1, 'metadata', UploadMetadata)),
  either('upload_packet', nested(2, 'file_contents', FileData)),
]);

const StreamedMetadata = message('viam.app.datasync.v1.DataCaptureUploadMetadata', [
  nested(1, 'upload_metadata', UploadMetadata),
  nested(2, 'sensor_metadata', SensorMetadata),
]);

const StreamingDataCaptureUploadRequest = message('viam.app.datasync.v1.StreamingDataCaptureUploadRequest', [
  either('upload_packet', nested(1, 'metadata', StreamedMetadata)),
  either('upload_packet', bytes(2, 'data')),
]);

export const DataSyncService = {
  typeName: 'viam.app.datasync.v1.DataSyncService',
  methods: {
    dataCaptureUpload: {
      name: 'DataCaptureUpload',
      I: DataCaptureUploadRequest,
      O: answer('DataCaptureUpload'),
      kind: MethodKind.Unary,
    },
    fileUpload: {
      name: 'FileUpload',
      I: FileUploadRequest,
      O: answer('FileUpload'),
      kind: MethodKind.ClientStreaming,
    },
    streamingDataCaptureUpload: {
      name: 'StreamingDataCaptureUpload',
      I: StreamingDataCaptureUploadRequest,
      O: answer('StreamingDataCaptureUpload'),
      kind: MethodKind.ClientStreaming,
    },
  },
} as const satisfies ServiceType;
