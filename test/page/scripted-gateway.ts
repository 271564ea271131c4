/** A gateway of which a test says what it knows: the built page's files, its events, the cloud's history. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buildPage } from '../../dashboard/build';
import type { HistoryView, PartView, StateView, StreamView } from '../../gateway/page-api/state';

const types: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
};

export class ScriptedGateway {
  state: StateView;
  /** Undefined: the cloud is away. */
  history: HistoryView['series'] | undefined = [];
  /** Nobody is logged in any more. */
  isLocked = false;
  readonly #files: string;
  readonly #readers = new Set<ServerResponse>();
  #server: Server | undefined;
  #port = 0;

  private constructor(files: string) {
    this.#files = files;
    this.state = {
      main: 'main',
      now: Date.now(),
      sync: { disabled: false, running: false, failures: 0, retries: 0, next: Date.now() + 60_000 },
      files: { waiting: 0, failed: 0, unread: 0 },
      remotes: 1,
      started: Date.now() - 3_600_000,
      log: '/var/lib/sluice/sluice.log',
      alerts: [],
      parts: [],
      problems: [],
    };
  }

  /** @param files where the page is built */
  static async start(files: string): Promise<ScriptedGateway> {
    await buildPage(files);
    const gateway = new ScriptedGateway(files);
    await gateway.listen();
    return gateway;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** What it knows is otherwise: told to all that look. */
  show(of: Partial<StateView>): void {
    Object.assign(this.state, of, { now: Date.now() });
    for (const reader of this.#readers) this.#tell(reader);
  }

  /** Who looks is cut off, and may come again. */
  drop(): void {
    for (const reader of this.#readers) reader.destroy();
  }

  /** It is gone; `listen` brings it back at its address. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    this.#server?.closeAllConnections();
    await closed;
    this.#readers.clear();
  }

  #tell(reader: ServerResponse): void {
    reader.write(`event: state\ndata: ${JSON.stringify(this.state)}\n\n`);
  }

  async #answer({ url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path] = url.split('?');
    if (path === '/login') response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in</h1>');
    else if (this.isLocked && path!.startsWith('/api/')) response.writeHead(401).end();
    else if (path === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      this.#readers.add(response);
      response.on('close', () => this.#readers.delete(response));
      this.state.now = Date.now();
      this.#tell(response);
    } else if (path === '/api/history') {
      const { history: series, state } = this;
      if (series === undefined)
        response.writeHead(502).end(JSON.stringify({ error: 'the cloud is not reached' }));
      else response.end(JSON.stringify({ until: state.started, spacing: 1_000, series }));
    } else if (path === '/api/state') response.end(JSON.stringify(this.state));
    else {
      const name = path === '/' ? 'index.html' : path!.slice(1);
      const type = types[name.split('.').at(-1)!];
      if (type === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': type }).end(await readFile(join(this.#files, name)));
    }
  }
}

const counts = { captured: 900, acknowledged: 600, overwritten: 0, discarded: 0, stored: 300 };
const timing = { missed: 2, late: 3, failed: 0, refused: 0 };

/** A stream of 100 Hz that holds 300 readings in its ring, of which 1,200 B are complete. */
export function stream(reader: string, of: Partial<StreamView> = {}): StreamView {
  return {
    key: `shed part rdk:component:board/plant-controller Analogs ${reader}`,
    owner: 'part',
    resource: 'rdk:component:board/plant-controller',
    method: 'Analogs',
    parameters: { reader_name: reader },
    frequency: 100,
    unit: 'V',
    device: { ...counts, ...timing, received: 650 },
    ring: { bytes: 1_200, quota: 64_000 },
    gateway: { received: 5_650, uploaded: 5_000, setAside: 0, deleted: 0, stored: 650 },
    ...of,
  };
}

/** One that is connected, and has told of itself a moment ago. */
export function part(of: Partial<PartView> = {}): PartView {
  const now = Date.now();
  return {
    name: 'shed',
    connected: true,
    since: now - 60_000,
    boot: '7-0badcafe',
    chip: 'esp32',
    firmware: '0.1.0',
    resetReason: 'Power-On',
    clock: 'sntp',
    statusAt: now,
    uptime: 3_600_000,
    heap: { used: 30, size: 60 },
    streams: [stream('A1')],
    losses: [],
    problems: [],
    ...of,
  };
}
