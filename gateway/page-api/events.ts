/** Server-sent events: the recent past, then samples as they come, and the state every second. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Live } from './live';
import type { Samples, StateView } from './state';

export interface EventSource {
  live: Live;
  state(): StateView;
  watch(): () => void;
}

/** Milliseconds between two states. */
const statePeriod = 1000;
/** A reader this many bytes behind is let go; it comes back and gets the recent past anew. */
const behindLimit = 16 << 20;
/** Samples that come while a reader takes the past; one that is slower is let go. */
const followingLimit = 50_000;
/** Readings gathered into one event. */
const historyChunk = 20_000;

export async function streamEvents(
  response: ServerResponse,
  headers: Record<string, string>,
  { live, state, watch }: EventSource,
): Promise<void> {
  const write = (event: string, data: unknown) => {
    if (!response.destroyed) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const now = (event: string, data: unknown) => {
    if (response.writableLength > behindLimit) response.destroy();
    else write(event, data);
  };
  const first = state();
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
  write('state', first);
  // What comes while the past is being read follows it.
  let following: Samples[] | undefined = [];
  const silence = live.listen((samples) => {
    if (!following) now('samples', samples);
    else if (following.push(...samples) > followingLimit) response.destroy();
  });
  const leave = watch();
  const timer = setInterval(() => now('state', state()), statePeriod);
  const gone = new Promise<void>((resolve) => response.on('close', resolve));
  void gone.then(() => {
    leave();
    silence();
    clearInterval(timer);
  });
  let gathered: Samples[] = [];
  let readings = 0;
  for (const samples of live.history()) {
    gathered.push(samples);
    readings += samples.times.length;
    if (readings < historyChunk) continue;
    write('samples', gathered);
    gathered = [];
    readings = 0;
    // At the reader's pace: the past of many streams is more than may wait here.
    if (response.writableNeedDrain) await Promise.race([once(response, 'drain'), gone]);
    if (response.destroyed) return;
  }
  write('samples', [...gathered, ...following]);
  following = undefined;
}
