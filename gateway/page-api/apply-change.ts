/** What a reader of events does with a change: the state that it has becomes the gateway's. Runs in browsers too. */
import { putSlice, replaceCounts, replaceHead } from './replace';
import type { PartChange, PartView, StateChange, StateView } from './state';

/** Changes `state` in place. */
export function applyChange(state: StateView, change: StateChange): void {
  const { now, sync, files, remotes, problems, alerts, parts, gone } = change;
  Object.assign(state, {
    now,
    sync,
    files,
    remotes,
    ...(problems && { problems }),
    ...(alerts && { alerts }),
  });
  if (gone.length > 0) state.parts = state.parts.filter(({ name }) => !gone.includes(name));
  const known = new Map(state.parts.map((part) => [part.name, part]));
  for (const part of parts) {
    const view = known.get(part.name);
    if (view) applyPart(view, part);
    else if (part.head) {
      const added: PartView = { name: part.name, ...part.head, streams: [], losses: [] };
      applyPart(added, part);
      state.parts.push(added);
    }
  }
}

function applyPart(view: PartView, { head, streams, counts = [], losses, flash = [] }: PartChange): void {
  if (head) replaceHead(view, head);
  if (streams) view.streams = streams;
  if (losses) view.losses = losses;
  for (const slice of flash) view.flash = putSlice(slice, view.flash);
  if (counts.length === 0) return;
  const known = new Map(view.streams.map((stream) => [stream.key, stream]));
  for (const each of counts) {
    const stream = known.get(each.key);
    if (stream) replaceCounts(stream, each);
  }
}
