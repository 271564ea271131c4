/**
 * What is asked of a part, until it answers.
 *
 * In: calls, and the part's answers, a long one in parts. Out: the messages of calls, when there is room for them; the
 * results. Holds: so many wait, so many are under way, each has its deadline, and no result is longer than is taken.
 */
import type { Clock } from '@sluice/common/clock';
import { CallError } from '../../proto/call-error';
import type { link } from '../../proto/link.js';
import { limits } from './limits';

export interface CallRequest {
  /** Empty: the part itself (`Sync`, `Status`, `Restart`). */
  resource: string;
  method: string;
  arguments: Record<string, unknown>;
  /** Milliseconds. */
  deadline: number;
}

interface PendingCall {
  /** Not sent yet: there was no room. */
  waits: boolean;
  message: link.ICall;
  /** Of the result: JSON, as far as it has come. */
  result: string;
  resolve(result: unknown): void;
  reject(error: CallError): void;
  cancel(): void;
}

export interface CallsOptions {
  clock: Pick<Clock, 'after'>;
  /** For people. */
  part(): string;
  /** There may be something to send. */
  flow(): void;
}

/** Milliseconds that the answer to a call whose deadline is over may be on its way. */
const onItsWay = 500;

export class Calls {
  readonly #options: CallsOptions;
  readonly #pending = new Map<number, PendingCall>();
  #number = 1;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Whether one of this number has not been answered yet. */
  areAwaiting(id: number): boolean {
    return this.#pending.has(id);
  }

  /** @throws CallError when the part refuses, does not answer in time, or goes, or when too many wait for it. */
  async call(request: CallRequest): Promise<unknown> {
    const { clock, part, flow } = this.#options;
    const { resource, method, deadline } = request;
    checkName('resource', resource);
    checkName('method', method);
    const parameters = JSON.stringify(request.arguments);
    if (Buffer.byteLength(parameters) > limits.callParameters)
      throw new CallError('wrong-argument', `the arguments take more than ${limits.callParameters} bytes`);
    if (this.#pending.size >= limits.callsWaiting)
      throw new CallError('busy', `${limits.callsWaiting} calls wait for ${part()}`);
    const id = this.#number++;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(deadline + onItsWay, () => {
        this.#pending.delete(id);
        reject(new CallError('deadline', `${part()} did not answer ${method} within ${deadline} ms`));
      });
      const message = { id, resource, method, parameters, deadline };
      this.#pending.set(id, { waits: true, message, result: '', resolve, reject, cancel });
      flow();
    });
  }

  /** The next that may go. */
  next(): link.ICall | undefined {
    let underWay = 0;
    for (const pending of this.#pending.values()) {
      if (!pending.waits) underWay++;
      else if (underWay >= limits.callsUnderWay) return undefined;
      else {
        pending.waits = false;
        return pending.message;
      }
    }
    return undefined;
  }

  onAnswer({ id, code, message, result, more }: link.IAnswer): void {
    const call = this.#pending.get(id ?? 0);
    if (call === undefined) return;
    const { part, flow } = this.#options;
    // The parts of a result have the call's deadline together.
    call.result += result ?? '';
    const tooLong = call.result.length > limits.result;
    if (more && !code && !tooLong) return;
    this.#pending.delete(id ?? 0);
    call.cancel();
    flow();
    if (code) call.reject(new CallError(code, (message ?? '').slice(0, limits.parameter)));
    else if (tooLong) call.reject(new CallError('too-large', `${part()} answered more than is taken`));
    else {
      try {
        call.resolve(call.result === '' ? null : JSON.parse(call.result));
      } catch {
        call.reject(new CallError('answer', `${part()} answered what is not JSON`));
      }
    }
  }

  /** The part is not connected any more. */
  end(): void {
    for (const { reject, cancel } of this.#pending.values()) {
      cancel();
      reject(new CallError('disconnected', `${this.#options.part()} is not connected`));
    }
    this.#pending.clear();
  }
}

/** What is no Unicode would make the whole message malformed to the part. */
function checkName(what: string, name: string): void {
  if (Buffer.byteLength(name) > limits.resource)
    throw new CallError('wrong-argument', `the ${what} takes more than ${limits.resource} bytes`);
  if (Buffer.from(name).toString() !== name)
    throw new CallError('wrong-argument', `the ${what} has half a character`);
}
