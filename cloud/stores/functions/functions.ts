/**
 * The project's function, called for what arrives (data formats, "Invoke a serverless function"): once a message, once a
 * block, whose messages are its JSON lines. README.md says what holds.
 */
import type { Arrival } from '../../inbox/arrival';
import { messagesOfBlock } from '../../message/arrived-messages';
import { Forward, type ForwardOptions, type Refused } from '../../stages/forward';
import type { PositionFile } from '../../stages/position-file';

export interface FunctionsOptions extends ForwardOptions {
  /** Of the gateway: `https://openfaas.example`. */
  url: string;
  /** The header's value, where the gateway asks for one. */
  authorization?: string | undefined;
  /** Monotonic milliseconds. */
  now?: () => number;
}

interface Call {
  appId: string;
  /** Tells it from the others of its batch. */
  name: string;
  arrival: Arrival;
  type: string;
  body: () => Uint8Array<ArrayBuffer> | string;
}

/** Calls at a time. */
const concurrency = 16;
/** Milliseconds that a gateway has to take a call. */
const timeout = 30_000;
/** Milliseconds after which a project without a function is asked again, at first and at most. */
const firstRest = 60_000;
const longestRest = 3_600_000;
/** Projects whose lack of a function is remembered. */
const mostAbsent = 10_000;

export class Functions extends Forward {
  readonly name = 'functions';
  readonly #options: FunctionsOptions;
  readonly #now: () => number;
  readonly #closing = new AbortController();
  /** Projects without a function, until when they are not called. */
  readonly #absent = new Map<string, { until: number; rest: number }>();
  /** Of a batch that failed, the calls that the gateway has taken. */
  #taken = new Set<string>();

  private constructor(options: FunctionsOptions, position: PositionFile) {
    super(position);
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  static async open(options: FunctionsOptions): Promise<Functions> {
    return new Functions(options, await Forward.openPosition(options));
  }

  override async process(...[batch, upTo, setAside]: Parameters<Forward['process']>): Promise<void> {
    await super.process(batch, upTo, setAside);
    this.#taken = new Set();
  }

  protected async forward(batch: readonly Arrival[], refused: Refused): Promise<void> {
    const calls = batch.flatMap(callsOf).filter(({ name }) => !this.#taken.has(name));
    const failures: unknown[] = [];
    const work = async () => {
      for (let call = calls.shift(); call !== undefined && failures.length === 0; call = calls.shift())
        await this.#do(call, refused).catch((error) => failures.push(error));
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    if (failures.length > 0) throw failures[0];
  }

  close(): void {
    this.#closing.abort();
  }

  async #do(call: Call, refused: Refused): Promise<void> {
    const absent = this.#absent.get(call.appId);
    if (absent !== undefined && this.#now() < absent.until) return;
    let body: Uint8Array<ArrayBuffer> | string;
    try {
      body = call.body();
    } catch (error) {
      refused.set(call.arrival, (error as Error).message);
      return;
    }
    const status = await this.#post(call, body);
    this.#taken.add(call.name);
    if (status === 404) this.#rest(call.appId);
    else {
      this.#absent.delete(call.appId);
      if (status >= 400) refused.set(call.arrival, `the gateway refuses it: ${status}`);
    }
  }

  /** The answer's status, when it is one that says something of this call alone. */
  async #post({ appId, type }: Call, body: Uint8Array<ArrayBuffer> | string): Promise<number> {
    const { url, authorization } = this.#options;
    const address = `${url.replace(/\/$/, '')}/async-function/${encodeURIComponent(appId)}`;
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': type, ...(authorization !== undefined && { authorization }) },
      body,
      signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeout)]),
    });
    const { status } = response;
    await response.body?.cancel();
    const isOfGateway = status >= 500 || [401, 403, 407, 408, 425, 429].includes(status);
    if (isOfGateway) throw new Error(`the functions' gateway answers ${status}`);
    return status;
  }

  #rest(appId: string): void {
    const before = this.#absent.get(appId)?.rest ?? firstRest / 2;
    const rest = Math.min(2 * before, longestRest);
    if (this.#absent.size >= mostAbsent) this.#absent.clear();
    this.#absent.set(appId, { until: this.#now() + rest, rest });
  }
}

function callsOf(arrival: Arrival): Call[] {
  const { appId, position } = arrival;
  if (arrival.kind === 'message') {
    const body = () => new Uint8Array(arrival.line);
    return [{ appId, name: String(position), arrival, type: 'application/json', body }];
  }
  return arrival.blocks.map((block, index) => ({
    appId,
    name: `${position}/${index}`,
    arrival,
    type: 'application/x-ndjson',
    body: () =>
      messagesOfBlock(arrival, block)
        .map(({ line }) => `${line}\n`)
        .join(''),
  }));
}
