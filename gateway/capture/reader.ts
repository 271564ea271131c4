/**
 * One method of one resource, read again and again.
 *
 * What comes in: reads to be begun, the time. What goes out: an answer or an error for each. What holds: one read at a
 * time; one that hangs is given up, and while several hang nothing more is asked of the resource.
 */
import { CallError } from '../../proto/call-error';
import type { CallContext, Method } from '../resources/apis/api';
import type { ResourceGraph } from '../resources/resource-graph';

/** ms after which a read that gave no answer counts as failed. */
export const readDeadline = 5_000;
/** Reads that were given up and have not ended, above which the resource is not asked again. */
const mostHanging = 3;

export interface ReaderOptions {
  graph: ResourceGraph;
  /** Full name. */
  resource: string;
  method: Method;
  request: object;
}

export interface Asker {
  answered(answer: unknown): void;
  failed(error: Error): void;
}

export class Reader {
  readonly #options: ReaderOptions;
  readonly #asker: Asker;
  #controller: AbortController | undefined;
  #context: CallContext | undefined;
  /** Of the read under way: another one is not its answer's. */
  #token: object | undefined;
  #since = 0;
  #hanging = 0;

  constructor(options: ReaderOptions, asker: Asker) {
    this.#options = options;
    this.#asker = asker;
  }

  get isBusy(): boolean {
    return this.#token !== undefined;
  }

  /** Asks; the answer may come at once. Only while it is not busy. @param now ms */
  read(now: number): void {
    const { graph, resource, method, request } = this.#options;
    let answer: unknown;
    try {
      if (this.#hanging >= mostHanging)
        throw new CallError('deadline', `${this.#hanging} reads hang: it is not asked again before one ends`);
      answer = graph.get(resource).call(method, request, this.#lastingContext());
    } catch (error) {
      this.#asker.failed(error as Error);
      return;
    }
    if (answer instanceof Promise) this.#await(answer, now);
    else this.#asker.answered(answer);
  }

  /** Gives up a read whose time is over. @param now ms */
  expire(now: number): void {
    if (this.#token !== undefined && now - this.#since >= readDeadline)
      this.#giveUp(new CallError('deadline', `no answer within ${readDeadline} ms`));
  }

  /** Gives up the read under way, without a word. */
  close(): void {
    this.#token = undefined;
    this.#controller?.abort();
  }

  #await(answer: Promise<unknown>, now: number): void {
    const token = {};
    this.#token = token;
    this.#since = now;
    const ended = (tell: () => void) => {
      if (this.#token !== token) {
        this.#hanging = Math.max(0, this.#hanging - 1);
        return;
      }
      this.#token = undefined;
      // Whatever the resource has tied to the signal goes with it.
      this.#renew();
      tell();
    };
    answer.then(
      (value) => ended(() => this.#asker.answered(value)),
      (error: Error) => ended(() => this.#asker.failed(error)),
    );
  }

  #giveUp(error: Error): void {
    this.#token = undefined;
    this.#hanging++;
    this.#controller?.abort(error);
    this.#renew();
    this.#asker.failed(error);
  }

  #renew(): void {
    this.#controller = undefined;
    this.#context = undefined;
  }

  /** The same for all reads that are answered at once. */
  #lastingContext(): CallContext {
    this.#controller ??= new AbortController();
    this.#context ??= { deadline: readDeadline, signal: this.#controller.signal };
    return this.#context;
  }
}
