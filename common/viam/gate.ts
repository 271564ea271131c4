/**
 * Who may call: `Authenticate` gives a token for an API key or a part's secret, and every other call has to show it.
 *
 * What holds: without any user, which is allowed on loopback only, every key is taken and none is needed. A token is
 * made of what it proves, so it outlives a restart of the gateway, and ends with the user whose it is.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import {
  Code,
  ConnectError,
  createContextKey,
  type HandlerContext,
  type Interceptor,
} from '@connectrpc/connect';
import { AuthService } from './messages/auth';
import { Health } from './messages/health';

export interface User {
  /** `api-key`, `robot-secret` or `robot-location-secret`. */
  type: string;
  /** Of an API key its id; undefined: whoever shows the payload. */
  entity?: string;
  /** The key or the secret; or, with `fits`, what stands for it. */
  payload: string;
  /** Whether a payload is theirs, of those whose key is known by its hash alone. In constant time. */
  fits?(payload: string): boolean;
  /** Whether they may only ask. */
  readOnly?: boolean;
}

/** Users that the program knows beside those of the configuration. */
export interface MoreUsers {
  readonly configured: boolean;
  /** @param entity a user's name or a key's id */
  find(entity: string): readonly User[];
}

export interface Shown {
  entity: string;
  type: string;
  payload: string;
}

export interface GateOptions {
  /** As it is now; nobody, here and in `more`: everybody may call. */
  users(): readonly User[];
  more?: MoreUsers | undefined;
  wall(): number;
  /** Milliseconds that a token is good for. */
  lifetime: number;
  /** Somebody has shown what is nobody's. */
  refused?(entity: string, type: string): void;
  /** @throws ConnectError when this user may not call a method of this name */
  permit?(user: User, method: string): void;
}

const callerKey = createContextKey<User | undefined>(undefined, { description: 'who calls' });

/** Who calls; undefined where everybody may. */
export function callerOf({ values }: Pick<HandlerContext, 'values'>): User | undefined {
  return values.get(callerKey);
}

const bearer = 'Bearer ';
const types = ['api-key', 'robot-secret', 'robot-location-secret'];

export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Whether nobody needs to show anything. */
  get isOpen(): boolean {
    const { users, more } = this.#options;
    return users().length === 0 && !more?.configured;
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
      : this.#known(entity).find((each) => isShown(each, { entity, type, payload }));
    if (!user) {
      this.#options.refused?.(entity, type);
      throw new ConnectError('invalid credentials', Code.Unauthenticated);
    }
    const { wall, lifetime } = this.#options;
    const claims = Buffer.from(JSON.stringify({ sub: entity, type, exp: wall() + lifetime })).toString(
      'base64url',
    );
    return `${claims}.${signature(claims, user)}`;
  }

  /** @returns whose token the header shows; undefined: nobody's is needed @throws ConnectError unless it is good */
  check(authorization: string | null): User | undefined {
    if (this.isOpen) return undefined;
    if (authorization === null) throw new ConnectError('authentication required', Code.Unauthenticated);
    if (!authorization.startsWith(bearer))
      throw new ConnectError(`expected authorization header with prefix: ${bearer}`, Code.Unauthenticated);
    const [claims = '', signed = ''] = authorization.slice(bearer.length).split('.');
    const user = this.#known(subjectOf(claims)).find((each) => isEqual(signature(claims, each), signed));
    if (!user) throw new ConnectError('unauthenticated: the token is of nobody known', Code.Unauthenticated);
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp: number };
    if (exp < this.#options.wall())
      throw new ConnectError('unauthenticated: the token has expired', Code.Unauthenticated);
    return user;
  }

  #known(entity: string): readonly User[] {
    const { users, more } = this.#options;
    return [...users(), ...(more?.find(entity) ?? [])];
  }

  /** Every call but those that a client makes before it has a token. */
  readonly interceptor: Interceptor = (next) => (request) => {
    const { typeName } = request.service;
    if (typeName === AuthService.typeName || typeName === Health.typeName) return next(request);
    const user = this.check(request.header.get('authorization'));
    if (user) {
      this.#options.permit?.(user, request.method.name);
      request.contextValues.set(callerKey, user);
    }
    return next(request);
  };
}

/** Who a token says that it is of, not yet believed. */
function subjectOf(claims: string): string {
  try {
    const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub?: unknown };
    return typeof sub === 'string' ? sub : '';
  } catch {
    throw new ConnectError('unauthenticated: the token is none', Code.Unauthenticated);
  }
}

function isShown(user: User, { entity, type, payload }: Shown): boolean {
  const isSameKind = type === 'api-key' ? user.type === type : user.type !== 'api-key';
  // Compared whatever else differs: how long it takes tells nothing.
  const isSamePayload = user.fits?.(payload) ?? isEqual(user.payload, payload);
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
