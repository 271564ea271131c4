/**
 * Where items lie and what their names say: `<root>/<api>/<part>:<name>/<method>/<stamp>_<boot>_<stream>_<first>…`. A
 * complete file's name carries sequence numbers and counts, so that a start reads heads only.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { WallMilliseconds } from '@sluice/common/clock';
import { bootText } from '../../modules/block/boot-text';
import { type CaptureFileMetadata, completeExtension, openExtension } from '../../modules/block/file';
import type { CollectorName } from './account';
import type { BinaryMetadata, BlocksReference } from './entry';

export const failedDirectory = 'failed';

/** A path component from an outside name: nothing of it can leave its directory. */
function component(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9_.:-]/g, '_').replace(/^\./, '_');
  if (safe.length <= 120 && safe !== '') return safe;
  return `${safe.slice(0, 100)}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}

/** Within the capture directory. */
export function directoryOf({ part, resource, method }: CollectorName): string {
  const slash = resource.indexOf('/');
  const api = slash < 0 ? 'unknown' : resource.slice(0, slash).replaceAll(':', '_');
  const own = api === failedDirectory ? `_${api}` : api;
  return join(component(own), component(`${part}:${resource.slice(slash + 1)}`), component(method));
}

/** Of what cannot be written where it belongs: its head says whose it is. */
export function displacedDirectoryOf(of: CollectorName): string {
  const digest = createHash('sha256').update(directoryOf(of)).digest('hex');
  return join('displaced', digest.slice(0, 16), component(of.method));
}

const binaryExtension = '.binary';
const binaryPattern = /^\d{8}T\d{9}Z_[0-9a-f-]{36}(?:\.[A-Za-z0-9.]{1,16})?\.binary$/;
const stemPattern = /^(\d{8}T\d{9}Z)_(\d+)-([0-9a-f]{8})_(\d+)_(\d+)(?:-(\d+)_(\d+)_(\d+))?$/;

function stampOf(wall: WallMilliseconds): string {
  return new Date(wall).toISOString().replace(/[-:.]/g, '');
}

function wallOf(stamp: string): number {
  const [, y, mo, d, h, mi, s, ms] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(stamp)!;
  return Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s), Number(ms));
}

/** What open and complete name of a file have in common. @param begun wall milliseconds */
export function stemFor(
  { boot, stream }: CaptureFileMetadata,
  first: number,
  begun: WallMilliseconds,
): string {
  return `${stampOf(begun)}_${bootText(boot)}_${stream}_${first}`;
}

export function stemOf(name: string): string {
  return /^[^_]*_[^_]*_\d+_\d+/.exec(name)![0];
}

export function completeName(stem: string, next: number, blocks: number, readings: number): string {
  return `${stem}-${next - 1}_${blocks}_${readings}${completeExtension}`;
}

/** Of a binary: when it was asked for, its name in all the world, and the extension that the payload alone would have. */
export function binaryName(name: string, { requested, extension }: BinaryMetadata): string {
  const own = /^\.[A-Za-z0-9.]{1,16}$/.test(extension) ? extension : '';
  return `${stampOf(requested)}_${name}${own}${binaryExtension}`;
}

/** Whether a file of this name could be ours; its first bytes decide. `leftover`: of a replacement that was cut short. */
export function isOurName(name: string): 'open' | 'complete' | 'binary' | 'leftover' | undefined {
  if (name.endsWith('.next'))
    return isOurName(name.slice(0, -'.next'.length)) === undefined ? undefined : 'leftover';
  if (binaryPattern.test(name)) return 'binary';
  if (name.endsWith(openExtension) && stemPattern.test(name.slice(0, -openExtension.length))) return 'open';
  const match =
    name.endsWith(completeExtension) && stemPattern.exec(name.slice(0, -completeExtension.length));
  return match && match[6] !== undefined ? 'complete' : undefined;
}

/** Which blocks a complete file's name says are in it. @returns the stream as `<boot>/<stream>` */
export function spanOf(name: string) {
  const match = stemPattern.exec(name.slice(0, -completeExtension.length))!;
  const [first, last, blocks, readings] = [match[5], match[6], match[7], match[8]].map(Number);
  const stream = `${match[2]}-${match[3]}/${match[4]}`;
  return { stream, first: first!, next: last! + 1, blocks: blocks!, readings: readings! };
}

/** What a complete file's name says. */
export function described(
  directory: string,
  name: string,
  metadata: CaptureFileMetadata,
  bytes: number,
): BlocksReference {
  const { stream: _, ...span } = spanOf(name);
  const begun = wallOf(name.slice(0, name.indexOf('_')));
  return { type: 'blocks', key: join(directory, name), metadata, ...span, bytes, begun };
}
