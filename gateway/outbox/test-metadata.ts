/** For tests: of a stream, a binary and an adopted file, what is usual. */
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { BinaryMetadata, FileMetadata } from './entry';

export const analogs: CaptureFileMetadata = {
  part: 'esp',
  boot: { counter: 1, random: 2 },
  stream: 1,
  owner: 'part',
  resource: 'rdk:component:board/b',
  method: 'Analogs',
  parameters: {},
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  tags: [],
};
export const image: BinaryMetadata = {
  part: 'main',
  owner: 'part',
  resource: 'rdk:component:camera/cam',
  method: 'GetImages',
  parameters: {},
  requested: 0,
  received: 0,
  extension: '.jpeg',
  tags: [],
};
export const document: FileMetadata = {
  part: 'main',
  owner: 'part',
  resource: 'file',
  method: 'file',
  parameters: {},
  fileName: 'log.txt',
  extension: '.txt',
  tags: [],
};
