/**
 * A Viam machine that is this machine's remote, dialled over gRPC.
 *
 * What comes in: its address and credentials. What goes out: its resources in the graph, as `<remote>:<name>`, and calls
 * to it. What holds: it is asked for its resources every 10 s, for good, whatever fails; every call has a deadline; a
 * machine that is away keeps its resources, whose calls then say so.
 */

import { Code, ConnectError } from '@connectrpc/connect';
import { type Clock, systemClock } from '@sluice/common/clock';
import { schemaFault } from '@sluice/common/errors';
import { type Credentials, localName, messagesOf, ViamConnection } from '@sluice/common/viam';
import { messageOf, type Plain, plainOf } from '@sluice/common/viam/messages';
import { CallError } from '../../proto/call-error';
import type { CallContext, Method } from '../resources/apis/api';
import { methods } from '../resources/methods';
import { apiOf, nameOf, type Resource } from '../resources/resource';
import type { ResourceGraph } from '../resources/resource-graph';
import { resourceServices, robotService } from './service-types';

export interface MachineAddress {
  /** `192.168.1.5:8080`; without port 443, or 80 when insecure. */
  address: string;
  /** In plain text. */
  insecure: boolean;
  credentials?: Credentials | undefined;
  /** PEM, of who signs its certificate where the system does not know them. */
  authority?: string | undefined;
}

export interface DialledMachineOptions extends MachineAddress {
  /** What the main calls it. */
  remote: string;
  graph: ResourceGraph;
  /** It is there or away, now, and was not before. @param reason why it is away */
  changed(isThere: boolean, reason: string): void;
  clock?: Clock;
  /** As of `ViamConnection`. */
  pingAfter?: number;
}

/** ms between two lists of its resources. */
const listEvery = 10_000;
/** ms for a list, and for showing who calls. */
const patience = 5_000;
const mostResources = 1_024;

const served = new Set(methods.map(({ api }) => api));

/** Of what it refuses, what its callers here know by a code of their own. */
const codes = new Map([
  [Code.Unimplemented, 'unknown-method'],
  [Code.InvalidArgument, 'wrong-argument'],
  [Code.Unavailable, 'disconnected'],
  [Code.DeadlineExceeded, 'deadline'],
  [Code.ResourceExhausted, 'busy'],
]);

export class DialledMachine {
  readonly #options: DialledMachineOptions;
  readonly #clock: Clock;
  readonly #connection: ViamConnection;
  readonly #closed = new AbortController();
  #isThere: boolean | undefined;
  #names = '';
  #cancel: (() => void) | undefined;

  constructor(options: DialledMachineOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { address, insecure, credentials, authority, pingAfter } = options;
    this.#connection = new ViamConnection({
      address: `${insecure ? 'http' : 'https'}://${address}`,
      credentials,
      authority,
      patience,
      ...(pingAfter !== undefined && { pingAfter }),
    });
  }

  start(): void {
    void this.#list();
  }

  /** Calls a method of a resource of its own. @throws CallError */
  async call(method: Method, name: string, request: object, context: CallContext): Promise<unknown> {
    const service = resourceServices.get(method.viam.service)!;
    const local = localName(method.name);
    const info = service.methods[local]!;
    const client = this.#connection.client(service);
    const message = messageOf(messagesOf(info).request, { ...request, [method.viam.named]: name });
    const { deadline: timeoutMs, signal } = context;
    try {
      const answer = await this.#connection.call(
        () => client[local]!(message, { timeoutMs, signal }),
        signal,
      );
      return flattened(plainOf(answer));
    } catch (error) {
      const { code, rawMessage } = ConnectError.from(error);
      throw new CallError(codes.get(code) ?? 'failed', rawMessage);
    }
  }

  close(): void {
    this.#closed.abort();
    this.#cancel?.();
    this.#options.graph.put(this.#owner, []);
    this.#connection.close();
  }

  get #owner(): string {
    return `machine ${this.#options.remote}`;
  }

  async #list(): Promise<void> {
    try {
      const { signal } = this.#closed;
      const robot = this.#connection.client(robotService);
      const { resources } = await this.#connection.call(
        () => robot.resourceNames!({}, { timeoutMs: patience, signal }),
        signal,
      );
      this.#take(resources as Plain[]);
      this.#tell(true, '');
    } catch (error) {
      this.#tell(false, ConnectError.from(error).message);
    }
    if (!this.#closed.signal.aborted) this.#cancel = this.#clock.after(listEvery, () => void this.#list());
  }

  #take(listed: readonly Plain[]): void {
    const names = listed
      .map(({ namespace, type, subtype, name }) => `${namespace}:${type}:${subtype}/${name}`)
      .filter((name) => served.has(apiOf(name)))
      .slice(0, mostResources);
    const { graph, remote } = this.#options;
    // The same resources stay: collectors need not look for them again.
    if (this.#closed.signal.aborted || names.join() === this.#names) return;
    this.#names = names.join();
    graph.put(
      this.#owner,
      names.map((name) => new RemoteResource(this, remote, name)),
    );
  }

  #tell(isThere: boolean, reason: string): void {
    if (this.#closed.signal.aborted || isThere === this.#isThere) return;
    this.#isThere = isThere;
    this.#options.changed(isThere, reason);
  }
}

class RemoteResource implements Resource {
  readonly name: string;
  readonly model = 'remote';
  readonly #machine: DialledMachine;
  readonly #local: string;

  /** @param full its full name on its machine */
  constructor(machine: DialledMachine, remote: string, full: string) {
    this.#machine = machine;
    this.#local = nameOf(full);
    this.name = `${apiOf(full)}/${remote}:${this.#local}`;
  }

  async call(method: Method, request: object, context: CallContext): Promise<unknown> {
    const answer = await this.#machine.call(method, this.#local, request, context);
    const { data, error } = method.answer.safeParse(answer);
    if (error) throw new CallError('answer', `${this.name} ${method.name}: ${schemaFault(error.issues[0]!)}`);
    return data;
  }

  /** The connection is the machine's. */
  close(): void {}
}

/** What Viam's message has a level deeper than the table. */
function flattened({ response_metadata: metadata, ...answer }: Plain): Plain {
  return metadata === undefined ? answer : { ...answer, ...(metadata as Plain) };
}
