/**
 * A connection to somebody who serves Viam's API, a machine or Viam's cloud, kept as Viam's own clients keep theirs.
 *
 * What holds: who calls is shown once, and again when the token is no longer good, by one call for all that wait for
 * it; a peer that has vanished without a word is noticed within half a minute and dialled anew; behind `close` nothing
 * is left open.
 */
import type { Http2Session } from 'node:http2';
import type { ServiceType } from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  createPromiseClient,
  type Interceptor,
  type Transport,
} from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { AuthService } from './messages/auth';

/** What is shown at `Authenticate`. */
export interface Credentials {
  /** The key's id, the part's, or its host. */
  entity: string;
  /** `api-key`, `robot-secret`, `robot-location-secret` */
  type: string;
  payload: string;
}

export interface ViamConnectionOptions {
  /** `https://app.viam.com`; `http:` is HTTP/2 without TLS. */
  address: string;
  /** Left out: nothing is asked for. */
  credentials?: Credentials | undefined;
  /** PEM, of who signs the peer's certificate where the system does not know them. */
  authority?: string | undefined;
  /** Milliseconds for a connection, and for showing who calls. */
  patience: number;
  /** Milliseconds of silence after which a ping must be answered. Default: those of Viam's own clients. */
  pingAfter?: number;
}

/** Of a call; who calls gives it a deadline of his. */
export interface ViamCallOptions {
  signal: AbortSignal;
  /** Milliseconds. */
  timeoutMs?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: messages that are known at run time only
export type ViamClient = Record<string, (request: any, options: ViamCallOptions) => Promise<any>>;

/** Servers of Viam's take pings every ten seconds at most for an attack. */
const pingAfterSilence = 15_000;
const pingPatience = 5_000;

/**
 * Whoever begins a call in the moment in which a ping has ended a session takes the library's listener from it: its
 * error would be nobody's, and the end of this program. Streams and their calls are told of it all the same.
 */
class Sessions extends Http2SessionManager {
  readonly #known = new WeakSet<Http2Session>();

  override async request(
    ...asked: Parameters<Http2SessionManager['request']>
  ): ReturnType<Http2SessionManager['request']> {
    const stream = await super.request(...asked);
    const { session } = stream;
    if (session !== undefined && !this.#known.has(session)) {
      this.#known.add(session);
      session.on('error', () => undefined);
    }
    return stream;
  }
}

export class ViamConnection {
  readonly #options: ViamConnectionOptions;
  readonly #sessions: Sessions;
  readonly #transport: Transport;
  readonly #closed = new AbortController();
  #token: string | undefined;
  #reaching: Promise<void> | undefined;
  #authenticating: Promise<void> | undefined;

  constructor(options: ViamConnectionOptions) {
    const { address, authority, pingAfter = pingAfterSilence } = options;
    this.#options = options;
    this.#sessions = new Sessions(
      address,
      { pingIntervalMs: pingAfter, pingTimeoutMs: Math.min(pingAfter, pingPatience) },
      authority === undefined ? {} : { ca: authority },
    );
    this.#transport = createGrpcTransport({
      baseUrl: address,
      httpVersion: '2',
      sessionManager: this.#sessions,
      interceptors: [this.#shown],
    });
  }

  client(service: ServiceType): ViamClient {
    return createPromiseClient(service, this.#transport) as never;
  }

  /**
   * @param action is begun only when there is a connection, and who calls is shown; its errors are thrown as they are
   * @throws ConnectError, of a token that is no longer good once it was renewed and that has not helped
   */
  async call<Answer>(action: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    await this.#reached(signal);
    const before = this.#token;
    if (before === undefined) await this.#authenticated(signal);
    try {
      return await action();
    } catch (error) {
      if (before === undefined || ConnectError.from(error).code !== Code.Unauthenticated) throw error;
    }
    // Another call may have renewed it meanwhile.
    if (this.#token === before) this.#token = undefined;
    if (this.#token === undefined) await this.#authenticated(signal);
    return action();
  }

  close(): void {
    this.#closed.abort(new ConnectError('the connection is closed', Code.Canceled));
    this.#sessions.abort();
  }

  readonly #shown: Interceptor = (next) => (request) => {
    if (request.service.typeName !== AuthService.typeName && this.#token !== undefined)
      request.header.set('authorization', `Bearer ${this.#token}`);
    return next(request);
  };

  async #reached(signal: AbortSignal): Promise<void> {
    this.#closed.signal.throwIfAborted();
    this.#reaching ??= this.#reach().finally(() => {
      this.#reaching = undefined;
    });
    await unlessAborted(this.#reaching, signal);
    this.#closed.signal.throwIfAborted();
  }

  /** Whoever takes a connection and does not go on would be waited for by all calls to come. */
  async #reach(): Promise<void> {
    const silent = new ConnectError('it takes the connection, and says nothing', Code.Unavailable);
    const timer = setTimeout(() => {
      if (this.#sessions.state() === 'connecting') this.#sessions.abort(silent);
    }, this.#options.patience);
    const state = await this.#sessions.connect();
    clearTimeout(timer);
    if (state === 'error') throw ConnectError.from(this.#sessions.error() ?? silent, Code.Unavailable);
  }

  async #authenticated(signal: AbortSignal): Promise<void> {
    if (!this.#options.credentials) return;
    this.#authenticating ??= this.#authenticate(this.#options.credentials).finally(() => {
      this.#authenticating = undefined;
    });
    await unlessAborted(this.#authenticating, signal);
  }

  async #authenticate({ entity, type, payload }: Credentials): Promise<void> {
    const request = { entity, credentials: { type, payload } };
    const options = { signal: this.#closed.signal, timeoutMs: this.#options.patience };
    const { accessToken } = await this.client(AuthService).authenticate!(request, options);
    this.#token = accessToken;
  }
}

/** @throws what `signal` says, as soon as it does */
async function unlessAborted(done: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let aborted: (() => void) | undefined;
  const given = new Promise<never>((_, reject) => {
    aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
  });
  try {
    await Promise.race([done, given]);
  } finally {
    signal.removeEventListener('abort', aborted!);
  }
}
