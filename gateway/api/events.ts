/** Server-sent events: the recent past, then samples as they come, and the state every second. */
import type { ServerResponse } from 'node:http';
import type { Live } from '../live';
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
/** Samples gathered into one event. */
const historyChunk = 200;

export function streamEvents(
  response: ServerResponse,
  headers: Record<string, string>,
  { live, state, watch }: EventSource,
): void {
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
  const send = (event: string, data: unknown) => {
    if (response.writableLength > behindLimit) response.destroy();
    else response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  send('state', state());
  let gathered: Samples[] = [];
  for (const samples of live.history()) {
    if (gathered.push(samples) < historyChunk) continue;
    send('samples', gathered);
    gathered = [];
  }
  send('samples', gathered);
  const leave = watch();
  const silence = live.listen((samples) => send('samples', samples));
  const timer = setInterval(() => send('state', state()), statePeriod);
  response.on('close', () => {
    leave();
    silence();
    clearInterval(timer);
  });
}
