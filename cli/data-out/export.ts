/** `sluice export`: a file a stream, all of one span. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Chosen, chooseStreams, type KnownStream } from './choose';
import { type Door, RefusedError } from './door';
import { findDoor } from './find-door';
import type { DoorOptions, Format, RowOptions, SpanOptions, StreamOptions } from './options';
import { spanOf } from './options';
import { rowParameters, rowsOf, type Written } from './query';
import { untilSignal, writeWholeFile } from './whole-file';

export interface ExportOptions extends DoorOptions, StreamOptions, SpanOptions, RowOptions {
  format: Format;
  /** Path of the folder, which is made. */
  output: string;
}

type Named = Pick<KnownStream, 'app_id' | 'part' | 'stream'>;
export type Exported = Named & Written;
export type Failed = Named & { error: string };

/**
 * One after the other, each told of as it is done: what is refused of one stream stops no other.
 * @throws what ends them all: a connection that fails, a disk that is full, a signal
 */
export async function exportStreams(
  names: readonly string[],
  options: ExportOptions,
  tell: { exported(file: Exported): void; failed(stream: Failed): void },
): Promise<void> {
  const door = findDoor(options);
  await untilSignal(async (signal) => {
    const chosen = await chooseStreams(door, names, options, signal);
    await mkdir(options.output, { recursive: true });
    const span = oneSpan(options, chosen);
    for (const [file, stream] of fileNames(chosen.streams, options.format)) {
      const output = join(options.output, file);
      try {
        tell.exported({
          ...stream,
          ...(await exportOne(door, stream, { ...options, ...span, output }, signal)),
        });
      } catch (error) {
        if (!(error instanceof RefusedError) || error.status === 401) throw error;
        tell.failed({ ...stream, error: error.message });
      }
    }
  });
}

async function exportOne(
  door: Door,
  stream: Named,
  { from, to, output, format, ...rows }: ExportOptions,
  signal: AbortSignal,
): Promise<Written> {
  const asked = { ...stream, from, to, ...rowParameters(rows), format };
  const answer = await door.open('/query', asked, { signal });
  const bytes = await writeWholeFile(output, answer, signal);
  return { output, rows: rowsOf(answer), bytes };
}

/** The same for every file, by the door's clock, however long those before it take. */
function oneSpan(options: SpanOptions, { now }: Chosen): SpanOptions {
  const { from, to = 'now' } = spanOf(options);
  return { ...(from !== undefined && { from: fixed(from, now) }), to: fixed(to, now) };
}

const units: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** What is relative to now as milliseconds; the door judges all else. */
function fixed(time: string, now: number): string {
  if (time === 'now') return String(now);
  const [, count, unit] = /^-(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(time) ?? [];
  return unit === undefined ? time : String(Math.floor(now - Number(count) * units[unit]!));
}

/** Of letters that every file system takes, none twice; streams that differ in their tags alone share one. */
function fileNames(streams: readonly KnownStream[], format: Format): Map<string, Named> {
  const severalProjects = new Set(streams.map(({ app_id }) => app_id)).size > 1;
  const files = new Map<string, Named>();
  const seen = new Set<string>();
  /** Some file systems know no capitals. */
  const taken = new Set<string>();
  for (const { app_id, part, stream } of streams) {
    const named = { app_id, part, stream };
    const identity = JSON.stringify(named);
    if (seen.has(identity)) continue;
    seen.add(identity);
    const words = [...(severalProjects ? [app_id] : []), part, stream];
    const stem = words
      .join('-')
      .replace(/[^\w.-]+/g, '_')
      .replace(/^\./, '_')
      .slice(0, 100);
    let name = `${stem}.${format}`;
    for (let again = 2; taken.has(name.toLowerCase()); again += 1) name = `${stem}-${again}.${format}`;
    taken.add(name.toLowerCase());
    files.set(name, named);
  }
  return files;
}
