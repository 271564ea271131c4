/**
 * A driver: one file with its specification, from which the check of a configuration and the reference come.
 */
import type { Logger } from 'pino';
import type { z } from 'zod';
import { CallError } from '../../proto/call-error';
import type { Api, CallContext, Handlers, Method } from './apis/api';
import type { Resource } from './resource';
import type { ResourceGraph } from './resource-graph';

export interface DriverContext<Attributes> {
  /** Short: `camera-1`. */
  name: string;
  attributes: Attributes;
  log: Logger;
  /** Other resources, to be looked up when they are called: they may come later. */
  graph: ResourceGraph;
}

/** What a driver gives. `close` lets go of what it holds; it is called once. */
export interface Opened<Of extends Api> {
  methods: Handlers<Of>;
  close?(): void | Promise<void>;
}

export interface DriverSpecification<Of extends Api, Attributes extends z.ZodObject> {
  api: Of;
  model: string;
  /** A sentence or two for the reference. */
  doc: string;
  /** Of a configuration's `attributes`; each member described. */
  attributes: Attributes;
  /** @throws Error that says why it cannot run here */
  open(context: DriverContext<z.output<Attributes>>): Opened<Of> | Promise<Opened<Of>>;
}

/** As the registry has it. */
export interface Driver {
  readonly api: string;
  readonly model: string;
  readonly doc: string;
  readonly attributes: z.ZodObject;
  /** The names of the methods are those of the API's rows. */
  open(context: DriverContext<unknown>): Opened<Api> | Promise<Opened<Api>>;
}

export function defineDriver<Of extends Api, Attributes extends z.ZodObject>(
  specification: DriverSpecification<Of, Attributes>,
): Driver {
  const { api, model, doc, attributes, open } = specification;
  return { api: api.api, model, doc, attributes, open: open as Driver['open'] };
}

type AnyHandler = (request: object, context: CallContext) => unknown;

/** A resource of this machine: what its driver opened. */
export class OwnResource implements Resource {
  readonly name: string;
  readonly model: string;
  readonly #methods: ReadonlyMap<string, AnyHandler>;
  readonly #close: (() => void | Promise<void>) | undefined;
  #isClosed = false;

  constructor(name: string, model: string, { methods, close }: Opened<Api>) {
    this.name = name;
    this.model = model;
    this.#methods = new Map(Object.entries(methods as Record<string, AnyHandler>));
    this.#close = close;
  }

  call(method: Method, request: object, context: CallContext): unknown {
    if (this.#isClosed) throw new CallError('failed', `${this.name} is closed`);
    const handler = this.#methods.get(method.name);
    if (!handler) throw new CallError('unknown-method', `${this.model} does not have ${method.name}`);
    return handler(request, context);
  }

  /** Whether its model has a method. */
  has(method: Method): boolean {
    return this.#methods.has(method.name);
  }

  close(): void | Promise<void> {
    if (this.#isClosed) return undefined;
    this.#isClosed = true;
    return this.#close?.();
  }
}
