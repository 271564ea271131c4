/** A question to the cloud over HTTP, and why it was refused. */
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { rootCertificates } from 'node:tls';

/** A value, several of the same name, or none. */
export type Parameters = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface DoorAccess {
  /** URL. */
  address: string;
  key?: string;
  /** PEM of an authority that is believed beside those that all believe. */
  authority?: string;
}

/** What the door would not answer. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Milliseconds until an answer begins: a question waits for 25 s and takes 25 s at the most. */
const patience = 90_000;
/** Bytes of a request's first line: what a server of Node takes with its headers is 16 KiB. */
const longestPath = 14_000;
/** Bytes of an answer that is read as a whole. */
const mostBytes = 128 << 20;

export class Door {
  readonly #access: DoorAccess;

  constructor(access: DoorAccess) {
    this.#access = access;
  }

  get address(): string {
    return this.#access.address;
  }

  /** An answer whose bytes have not been read. @throws RefusedError, and what a connection fails with */
  async open(
    path: string,
    parameters: Parameters,
    { signal, body, method = body === undefined ? 'GET' : 'POST' }: OpenOptions = {},
  ): Promise<IncomingMessage> {
    const url = new URL(path, this.#access.address);
    url.search = searchOf(parameters);
    if (url.pathname.length + url.search.length > longestPath)
      throw new Error('that names more parts and streams than one question takes: name some with --part');
    const answer = await this.#send(url, method, signal, body);
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return answer;
    throw refusalOf(statusCode, await textOf(answer), this.#access);
  }

  /** @returns the text of an answer that is small, and the door's clock, wall milliseconds */
  async ask(
    path: string,
    parameters: Parameters,
    options?: OpenOptions,
  ): Promise<{ text: string; now: number }> {
    const answer = await this.open(path, parameters, options);
    const now = Date.parse(answer.headers.date ?? '');
    return { text: await textOf(answer), now: Number.isNaN(now) ? Date.now() : now };
  }

  #send(url: URL, method: Method, signal?: AbortSignal, body?: string): Promise<IncomingMessage> {
    const { key, authority } = this.#access;
    const isSecure = url.protocol === 'https:';
    const options = {
      method,
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      ...(signal && { signal }),
      ...(isSecure && authority !== undefined && { ca: [...rootCertificates, authority] }),
    };
    return new Promise((resolve, reject) => {
      const request = (isSecure ? requestSecure : requestPlain)(url, options, (answer) => {
        // Whoever reads may take as long as they like; a machine that is gone is noticed by TCP.
        request.setTimeout(0);
        answer.socket.setKeepAlive(true, 30_000);
        resolve(answer);
      });
      request.setTimeout(patience, () =>
        request.destroy(new Error(`${url.origin} has not answered within ${patience / 1000} s`)),
      );
      request.on('error', (error) => reject(connectionError(error, url)));
      request.end(body);
    });
  }
}

const unknownAuthority = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

function connectionError(error: NodeJS.ErrnoException, { origin }: URL): Error {
  if (!unknownAuthority.includes(error.code ?? '')) return error;
  return new Error(
    `nobody who is known here has signed the certificate of ${origin}: name the PEM file of who did with --authority`,
  );
}

type Method = 'GET' | 'POST' | 'DELETE';

interface OpenOptions {
  signal?: AbortSignal | undefined;
  /** Default: GET, or POST where there is a body. */
  method?: Method;
  body?: string;
}

function searchOf(parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    for (const one of [value ?? []].flat()) search.append(name, String(one));
  return search.toString();
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > mostBytes) throw new Error(`an answer is more than ${mostBytes >> 20} MiB: ask for less`);
  }
  return Buffer.concat(pieces).toString('utf8');
}

interface Refusal {
  error: string;
  nearest?: string[];
  app_ids?: string[];
}

function refusalOf(status: number, text: string, { address, key }: DoorAccess): RefusedError {
  let refusal: Refusal;
  try {
    refusal = JSON.parse(text) as Refusal;
  } catch {
    return new RefusedError(status, `${address} answers ${status}: is it the cloud's HTTP door?`);
  }
  const { error = `${address} answers ${status}`, nearest = [], app_ids: projects = [] } = refusal;
  if (nearest.length > 0) return new RefusedError(status, `${error}: is ${orOf(nearest)} meant?`);
  if (refusal.nearest !== undefined)
    return new RefusedError(status, `${error}: \`sluice streams\` lists all there are`);
  if (projects.length > 0) return new RefusedError(status, `${error} with --app-id: ${orOf(projects)}`);
  if (status === 401)
    return new RefusedError(
      status,
      key === undefined
        ? `${address} wants a key: --key, or SLUICE_CLOUD_KEY in the environment`
        : `${address} does not know this key`,
    );
  return new RefusedError(status, error);
}

/** `a, b or c` */
function orOf(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  return [quoted.slice(0, -1).join(', '), quoted.at(-1)].filter(Boolean).join(' or ');
}
