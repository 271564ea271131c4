/** `sluice files`: the binaries and files that the cloud has, as a list or as files in a folder. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { bytesText } from '../operate/words';
import type { Door } from './door';
import { type SpanOptions, type StreamOptions, spanOf } from './options';
import { writeWholeFile } from './whole-file';

/** As the door describes it. */
export interface StoredFile {
  app_id: string;
  dev_id: string;
  name: string;
  /** ISO 8601. */
  captured: string;
  resource: string;
  extension: string;
  tags: string[];
  fileName?: string;
  bytes: number;
}

export interface FilesOptions extends StreamOptions, SpanOptions {
  tag?: string[];
}

/** Files that one question tells of. */
const mostFiles = 100_000;

/**
 * Those that are called one of these, in the cloud or where they came from; without a name, all. The oldest first.
 * @throws Error when one is called by none of them
 */
export async function storedFiles(
  door: Door,
  names: readonly string[],
  options: FilesOptions,
  signal?: AbortSignal,
): Promise<StoredFile[]> {
  const { part, appId, tag } = options;
  const asked = { ...spanOf(options), app_id: appId, tag, limit: mostFiles };
  const one = part?.length === 1 ? { part: part[0] } : {};
  const { text } = await door.ask('/files', { ...asked, ...one }, { signal });
  const found = (JSON.parse(text) as StoredFile[]).filter(
    ({ dev_id }) => part === undefined || part.includes(dev_id),
  );
  for (const name of names)
    if (!found.some((file) => isCalled(file, name)))
      throw new Error(`there is no file '${name}': \`sluice files\` lists all there are`);
  return names.length === 0 ? found : found.filter((file) => names.some((name) => isCalled(file, name)));
}

/** @returns the path that it was written to */
export async function fetchFile(
  door: Door,
  file: StoredFile,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = `/files/${[file.app_id, file.dev_id, file.name].map(encodeURIComponent).join('/')}`;
  const output = join(folder, outputName(file));
  await writeWholeFile(output, await door.open(path, {}, { signal }), signal);
  return output;
}

/** `2026-11-29T18:20:01.250Z  main  1.2 kB  notes.txt  lab` */
export function fileLine(file: StoredFile): string {
  const { captured, dev_id, bytes, resource, tags } = file;
  return [captured, dev_id, bytesText(bytes), ownName(file), resource, tags.join(',')]
    .filter((cell) => cell !== '')
    .join('  ');
}

function isCalled(file: StoredFile, name: string): boolean {
  return file.name === name || file.fileName === name || ownName(file) === name;
}

/** The one that it came under; an image has none. */
function ownName({ fileName = '', name, extension }: StoredFile): string {
  return basename(fileName) || name + (/^\.[\w.]{1,16}$/.test(extension) ? extension : '');
}

/**
 * Of letters that every file system takes, in the order of their time. The name in the cloud is in it, so that none
 * takes another's place, and a second run writes the same ones.
 */
function outputName(file: StoredFile): string {
  const { captured, name } = file;
  const time = captured.replace(/[:.]/g, '-');
  const own = ownName(file);
  const words = own.startsWith(name) ? [time, own] : [time, name.slice(0, 8), own];
  return words
    .join('-')
    .replace(/[^\w.-]+/g, '_')
    .slice(-200);
}
