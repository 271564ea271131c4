/**
 * Who may call: `Authenticate` gives a token for an API key or a part's secret, and every other call has to show it.
 *
 * What holds: without any user, which is allowed on loopback only, every key is taken and none is needed. A token is
 * made of what it proves, so it outlives a restart of the gateway, and ends with the user whose it is.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import { AuthService } from './messages/auth';
import { Health } from './messages/health';

export interface User {
  /** `api-key`, `robot-secret` or `robot-location-secret`. */
  type: string;
  /** Of an API key its id; undefined: whoever shows the payload. */
  entity?: string;
  /** The key or the secret. */
  payload: string;
}

export interface Shown {
  entity: string;
  type: string;
  payload: string;
}

/** Milliseconds that a token is good for: a year, since no client of Viam's asks for another before it must. */
const lifetime = 365 * 86_400_000;
const bearer = 'Bearer ';
const types = ['api-key', 'robot-secret', 'robot-location-secret'];

export class Gate {
  readonly #users: () => readonly User[];
  readonly #wall: () => number;

  /** @param users of the configuration as it is now */
  constructor(users: () => readonly User[], wall: () => number) {
    this.#users = users;
    this.#wall = wall;
  }

  /** Whether nobody needs to show anything. */
  get isOpen(): boolean {
    return this.#users().length === 0;
  }

  /** @returns a token @throws ConnectError as a viam-server has it */
  authenticate({ entity, type, payload }: Shown): string {
    if (!types.includes(type))
      throw new ConnectError(
        `do not know how to handle credential type ${JSON.stringify(type)}`,
        Code.InvalidArgument,
      );
    const user = this.isOpen
      ? { type, payload: '' }
      : this.#users().find((each) => isShown(each, { entity, type, payload }));
    if (!user) throw new ConnectError('invalid credentials', Code.Unauthenticated);
    const claims = Buffer.from(JSON.stringify({ sub: entity, type, exp: this.#wall() + lifetime })).toString(
      'base64url',
    );
    return `${claims}.${signature(claims, user)}`;
  }

  /** @throws ConnectError unless the header shows a token that is good */
  check(authorization: string | null): void {
    if (this.isOpen) return;
    if (authorization === null) throw new ConnectError('authentication required', Code.Unauthenticated);
    if (!authorization.startsWith(bearer))
      throw new ConnectError(`expected authorization header with prefix: ${bearer}`, Code.Unauthenticated);
    const [claims = '', signed = ''] = authorization.slice(bearer.length).split('.');
    const isSigned = this.#users().some((user) => isEqual(signature(claims, user), signed));
    if (!isSigned)
      throw new ConnectError('unauthenticated: the token is of nobody known', Code.Unauthenticated);
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp: number };
    if (exp < this.#wall())
      throw new ConnectError('unauthenticated: the token has expired', Code.Unauthenticated);
  }

  /** Every call but those that a client makes before it has a token. */
  readonly interceptor: Interceptor = (next) => (request) => {
    const { typeName } = request.service;
    if (typeName !== AuthService.typeName && typeName !== Health.typeName)
      this.check(request.header.get('authorization'));
    return next(request);
  };
}

function isShown(user: User, { entity, type, payload }: Shown): boolean {
  const isSameKind = type === 'api-key' ? user.type === type : user.type !== 'api-key';
  // Compared whatever else differs: how long it takes tells nothing.
  const isSamePayload = isEqual(user.payload, payload);
  return isSamePayload && isSameKind && (user.entity === undefined || user.entity === entity);
}

function signature(claims: string, { type, entity = '', payload }: User): string {
  const key = createHash('sha256')
    .update(JSON.stringify(['viam token', type, entity, payload]))
    .digest();
  return createHmac('sha256', key).update(claims).digest('base64url');
}

/** In constant time, whatever the lengths. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
