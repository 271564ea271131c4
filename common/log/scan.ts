/** Frames one after another in a segment's file, in windows, and over damage to the next good one. */
import type { ReadableFile } from '../storage';
import {
  frameBytes,
  frameLength,
  isGood,
  type Position,
  positionOf,
  startsBatch,
  type Window,
  windowOf,
} from './format';

const searchBytes = 1 << 20;

export interface Found {
  offset: number;
  position: Position;
}

export interface Search {
  file: ReadableFile;
  segment: number;
  /** Bytes of the file. */
  limit: number;
  /** A frame of a position outside [from, below) is none of this segment. */
  from: Position;
  below: Position;
  /** Only one that begins a batch. */
  batch?: boolean;
}

/** The first good frame at or behind `offset`. */
export async function findFrame(search: Search, offset: number): Promise<Found | undefined> {
  const { file, segment, limit, from, below } = search;
  while (offset + frameBytes <= limit) {
    const window = windowOf(await file.read(offset, Math.min(searchBytes, limit - offset)), segment);
    const last = window.bytes.length - frameBytes;
    if (last < 0) return undefined;
    for (let at = 0; at <= last; at++) {
      const length = frameLength(window, at);
      if (length === 0 || offset + at + length > limit) continue;
      const position = positionOf(window, at);
      if (position < from || position >= below) continue;
      if (search.batch && !startsBatch(window, at)) continue;
      if (await isWhole(search, window, at, offset + at, length)) return { offset: offset + at, position };
    }
    offset += last + 1;
  }
  return undefined;
}

/** Whether the frame is good, also when it goes on behind the window. */
async function isWhole(
  { file, segment }: Search,
  window: Window,
  at: number,
  offset: number,
  length: number,
) {
  if (at + length <= window.bytes.length) return isGood(window, at, length);
  const bytes = await file.read(offset, length);
  return bytes.length === length && isGood(windowOf(bytes, segment), 0, length);
}

export type Frame = { good: true; length: number; position: Position } | { good: false; needs?: number };

/**
 * The frame at `at` of a window that lies `offset` bytes into a file of `limit` bytes. Not good: nothing can be read
 * there, or it needs a window of `needs` bytes from there.
 */
export function frameAt(window: Window, at: number, offset: number, limit: number): Frame {
  const length = frameLength(window, at);
  if (length === 0) {
    const short = window.bytes.length - at < frameBytes && offset + at + frameBytes <= limit;
    return short ? { good: false, needs: frameBytes } : { good: false };
  }
  if (at + length > window.bytes.length)
    return offset + at + length <= limit ? { good: false, needs: length } : { good: false };
  if (!isGood(window, at, length)) return { good: false };
  return { good: true, length, position: positionOf(window, at) };
}
