/**
 * Replies to calls: a long result goes out in parts, each made when there is room to write it.
 *
 * Holds: no more than one part is in memory; whatever a call asks for, something is answered, and nothing throws.
 */
import { CallError } from '../../proto/call-error';
import { Answer, Envelope } from '../../proto/fields';
import { partLimits, readJson } from '../config/json';
import { argumentNames } from './call-arguments';
import { LongAnswer } from './long-answer';
import { MessageTooLong, MessageWriter } from './message-writer';
import type { UplinkHost } from './uplink-host';

/** Bytes of a part of a result: it ends with the piece that brings it there. */
const partLength = 512;
/** ms that a part may take to be made, and one piece more: a sample waits for no longer. */
const partTime = 3;
/** Bytes of a whole result. */
const longestResult = 12_288;

/** A call, as far as the part reads it. */
export interface Call {
  id: number;
  resource: string;
  method: string;
  /** JSON object; empty: none. */
  parameters: string;
  /** ms in which it is to be answered; 0: whenever. */
  deadline: number;
}

export class Reply {
  /** Whether all of it has been written. */
  complete = false;
  /** Monotonic ms after which nobody waits for it. */
  readonly until: number;
  private readonly host: UplinkHost;
  private readonly id: number;
  private pieces: Iterator<string, string> | undefined;
  /** Bytes of the result so far. */
  private length = 0;
  private failure: unknown;

  /** Does what a call asks for, now. */
  constructor(host: UplinkHost, { id, resource, method, parameters, deadline }: Call) {
    this.host = host;
    this.id = id;
    this.until = deadline > 0 ? host.clock.now() + deadline : Number.POSITIVE_INFINITY;
    try {
      this.pieces = piecesOf(host.call(resource, method, parametersOf(parameters)));
    } catch (error) {
      this.failure = error;
    }
  }

  /** Writes the next part. @param buffer lent for it @returns its message */
  write(buffer: Uint8Array): Uint8Array[] {
    try {
      if (this.pieces !== undefined) return this.writePart(new MessageWriter(buffer), this.pieces);
    } catch (error) {
      this.failure = error;
    }
    this.complete = true;
    const { code, message } = this.failure as { code?: unknown; message?: unknown };
    const known = typeof code === 'string' ? code : 'failed';
    return writeFailure(new MessageWriter(buffer), this.id, known, String(message));
  }

  private writePart(message: MessageWriter, pieces: Iterator<string, string>): Uint8Array[] {
    message.open(Envelope.answer);
    message.number(Answer.id, this.id);
    message.open(Answer.result);
    const before = message.length;
    const { clock } = this.host;
    const end = clock.now() + partTime;
    do {
      const { done, value } = pieces.next();
      message.piece(value);
      this.complete = done === true;
    } while (!this.complete && message.length - before < partLength && clock.now() < end);
    this.length += message.length - before;
    if (this.length > longestResult) throw new MessageTooLong(`more than ${longestResult} bytes`);
    message.close();
    if (!this.complete) message.number(Answer.more, 1);
    message.close();
    return message.end();
  }
}

export function writeFailure(message: MessageWriter, id: number, code: string, text: string): Uint8Array[] {
  message.open(Envelope.answer);
  message.number(Answer.id, id);
  message.text(Answer.code, code);
  message.text(Answer.message, text);
  message.close();
  return message.end();
}

/** A result's JSON; the last piece is what the iterator returns. */
function piecesOf(result: unknown): Iterator<string, string> {
  if (result instanceof LongAnswer) return result.pieces;
  const value = JSON.stringify(result ?? {});
  return { next: () => ({ done: true, value }) };
}

/**
 * The arguments of a call that some method knows. Not by the engine's own parser: XS keeps every name that it meets
 * for ever in a table of fixed size, so some hundred made-up ones would bring the device down.
 * @throws CallError
 */
function parametersOf(text: string): Record<string, unknown> {
  if (text === '' || text === '{}') return {};
  const { value, fault } = readJson(text, partLimits);
  if (fault) throw new CallError('wrong-argument', fault.message);
  if (value.kind !== 'object') throw new CallError('wrong-argument', 'the arguments must be an object');
  const members = value.members();
  const parameters: Record<string, unknown> = {};
  for (const name of argumentNames()) {
    const member = members.find(name);
    if (member?.kind === 'string') parameters[name] = member.string();
    else if (member?.kind === 'number') parameters[name] = member.number();
    else if (member?.kind === 'boolean') parameters[name] = member.boolean();
    else if (member && member.kind !== 'null')
      throw new CallError('wrong-argument', `${name} must be a plain value`);
  }
  return parameters;
}
