/**
 * How parts of a state are replaced, at the gateway and at a reader alike. What is absent is deleted only where it was:
 * an object that has lost a property is slow for ever.
 */
import type { FlashSlice, FlashView, PartHead, PartView, StreamCounts, StreamView } from './state';

export function replaceHead(view: PartView, head: PartHead): void {
  for (const key of [
    'endedBy',
    'refused',
    'asleepUntil',
    'uptime',
    'forgotten',
    'heap',
    'linkEnd',
    'extension',
  ] as const)
    if (head[key] === undefined && view[key] !== undefined) delete view[key];
  Object.assign(view, head);
}

export function replaceCounts(view: StreamView, counts: StreamCounts): void {
  for (const key of ['device', 'ring', 'gateway'] as const)
    if (counts[key] === undefined && view[key] !== undefined) delete view[key];
  Object.assign(view, counts);
}

/** Puts a run of sectors into the map that is known so far; a flash of another size begins a new one. */
export function putSlice(slice: FlashSlice, flash: FlashView | undefined): FlashView {
  const { sectors, sectorBytes, from, epochs, wear, live } = slice;
  const blank = () => Array.from({ length: sectors }, () => 0);
  const whole =
    flash?.epochs.length === sectors ? flash : { sectorBytes, epochs: blank(), wear: blank(), live: blank() };
  whole.epochs.splice(from, epochs.length, ...epochs);
  whole.wear.splice(from, wear.length, ...wear);
  whole.live.splice(from, live.length, ...live);
  return whole;
}
