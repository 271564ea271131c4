/** Calls of Viam's cloud: who calls is shown once, and again when the token is no longer good. */

import { Code, ConnectError, createPromiseClient, type Interceptor } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { AuthService, DataSyncService } from '@sluice/common/viam/messages';
import type { Delivery } from '../destination';

export interface DataSyncCredentials {
  type: 'api-key' | 'robot-secret';
  /** The key's id, or the part's. */
  entity: string;
  payload: string;
}

/** A client of DataSyncService: its messages are known at run time only. */
export interface DataSyncClient {
  dataCaptureUpload(request: object, options: CallOptions): Promise<object>;
  fileUpload(requests: AsyncIterable<object>, options: CallOptions): Promise<object>;
  streamingDataCaptureUpload(requests: AsyncIterable<object>, options: CallOptions): Promise<object>;
}

interface CallOptions {
  signal: AbortSignal;
}

/** Milliseconds of one request: what is slow is sent again, and then may be there twice. */
const unaryDeadline = 60_000;

/** After these the cloud, the way to it, or this machine's leave to use it is what fails. */
const ofCloud = new Set([
  Code.Canceled,
  Code.Aborted,
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.Unauthenticated,
  Code.Unimplemented,
]);
/** After these the request may have been taken: its answer is what was lost. */
const doubtful = new Set([
  Code.Canceled,
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.Aborted,
  Code.Internal,
  Code.Unavailable,
]);

export class DataSyncConnection {
  readonly #credentials: DataSyncCredentials;
  readonly #auth: { authenticate(request: object, options: object): Promise<unknown> };
  readonly #client: DataSyncClient;
  #token: string | undefined;

  /** @param address `https://app.viam.com`; `http:` is HTTP/2 without TLS */
  constructor(address: string, credentials: DataSyncCredentials) {
    this.#credentials = credentials;
    const shown: Interceptor = (next) => (request) => {
      if (this.#token !== undefined) request.header.set('authorization', `Bearer ${this.#token}`);
      return next(request);
    };
    const transport = (interceptors: Interceptor[]) =>
      createGrpcTransport({ baseUrl: address, httpVersion: '2', interceptors });
    this.#auth = createPromiseClient(AuthService, transport([])) as never;
    this.#client = createPromiseClient(DataSyncService, transport([shown])) as never;
  }

  /** @throws ConnectError, once the token was renewed and that has not helped */
  async call<Answer>(
    action: (client: DataSyncClient) => Promise<Answer>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const isNew = this.#token === undefined;
    if (isNew) await this.#authenticate(signal);
    try {
      return await action(this.#client);
    } catch (error) {
      if (isNew || ConnectError.from(error).code !== Code.Unauthenticated) throw error;
    }
    await this.#authenticate(signal);
    return action(this.#client);
  }

  async #authenticate(signal: AbortSignal): Promise<void> {
    this.#token = undefined;
    const { entity, type, payload } = this.#credentials;
    const request = { entity, credentials: { type, payload } };
    const answer = await this.#auth.authenticate(request, { signal, timeoutMs: unaryDeadline });
    this.#token = (answer as { accessToken: string }).accessToken;
  }
}

/** What an error means for the item; as a viam-server has it, INVALID_ARGUMENT alone is for good. */
export function failureOf(error: ConnectError): Delivery {
  const reason = `Viam's cloud: ${error.message}`;
  if (error.code === Code.InvalidArgument) return { result: 'refused', reason };
  return { result: 'again', reason, of: ofCloud.has(error.code) ? 'destination' : 'item' };
}

/** Whether the cloud may have taken what it was sent. */
export function isDoubtful(error: ConnectError): boolean {
  return doubtful.has(error.code);
}

/** Of one unary request. */
export function unary(signal: AbortSignal): CallOptions & { timeoutMs: number } {
  return { signal, timeoutMs: unaryDeadline };
}
