/** What the part tells of itself on the link, as messages of `proto/link.proto`. */

import type { BootId } from '../block/types';
import { statusOf } from '../capture/conservation';
import { PART_LIMITS, readJson } from '../config/json';
import type { Problem } from '../config/problems';
import { argumentNames, CallError } from '../device/calls';
import type { Deliverable } from '../device/earlier-streams';
import { LongAnswer } from '../device/long-answer';
import type { UplinkHost } from '../device/uplink-host';
import { MessageTooLong, MessageWriter } from './message-writer';

const kinds = Object.freeze(['integer', 'boolean', 'double', 'record'] as const);
const sources = Object.freeze(['unknown', 'gateway', 'sntp'] as const);

/** Streams that one message tells the status of. */
const statusStreams = 8;
/** Problems that the answer to a configuration names. */
const namedProblems = 32;
/** Bytes of an answer's result. */
const longestResult = 12_288;

/** Fields of `Envelope`. */
export const field = Object.freeze({
  acknowledgements: 3,
  hello: 4,
  challenge: 5,
  proof: 6,
  welcome: 7,
  begin: 8,
  resume: 9,
  streams: 10,
  configuration: 11,
  configurationResult: 12,
  clock: 13,
  clockRequest: 14,
  clockAnswer: 15,
  call: 16,
  answer: 17,
  status: 18,
  drain: 19,
  refusal: 20,
});

/** What earlier boots left, then the streams of this one. */
export function deliverables({ capture, earlier }: UplinkHost): readonly Deliverable[] {
  return earlier === undefined ? capture.streams : [...earlier.list, ...capture.streams];
}

export function writeBoot(message: MessageWriter, at: number, { counter, random }: BootId): void {
  message.open(at);
  message.number(1, counter);
  message.number(2, random);
  message.close();
}

export function writeDeclaration(
  message: MessageWriter,
  { number, declaration, boot, clock }: Deliverable,
): void {
  const { plan, kind, range, period } = declaration;
  const { owner, resource, method, parameters } = plan.identity;
  message.open(field.streams);
  message.number(1, number);
  if (boot) writeBoot(message, 2, boot);
  message.number(3, owner === 'main' ? 1 : 0);
  message.text(4, resource);
  message.text(5, method);
  for (const name of Object.keys(parameters)) {
    message.open(6);
    message.text(1, name);
    message.text(2, parameters[name]!);
    message.close();
  }
  for (const tag of plan.tags) message.text(7, tag);
  const { retention } = plan;
  if (retention) {
    const { days, binaryLimitGb, tabularLimitGb } = retention;
    message.open(8);
    if (days !== undefined) message.number(1, days);
    if (binaryLimitGb !== undefined) message.number(2, binaryLimitGb);
    if (tabularLimitGb !== undefined) message.number(3, tabularLimitGb);
    message.close();
  }
  if (range) {
    message.open(9);
    message.double(1, range.min);
    message.double(2, range.max);
    message.double(3, range.step);
    message.text(4, range.unit);
    message.close();
  }
  message.number(10, kinds.indexOf(kind));
  message.number(11, period.numerator);
  message.number(12, period.denominator);
  if (clock) {
    message.open(13);
    message.number(1, sources.indexOf(clock.source));
    message.double(2, clock.offset);
    message.close();
  }
  message.close();
}

export function writeClock(message: MessageWriter, at: number, { clock }: UplinkHost): void {
  const { source, offset, uncertainty } = clock.wall;
  message.open(at);
  message.number(1, sources.indexOf(source));
  message.double(2, offset);
  message.double(3, 2 * uncertainty);
  message.close();
}

/**
 * The status of the next streams by number; the last message of a report has the rest.
 * @param after the last stream that was told of @param ledger whether the loss ledger and details go along
 * @returns the last stream told of now; undefined: the report is complete
 */
export function writeStatus(
  message: MessageWriter,
  host: UplinkHost,
  after: number,
  ledger: boolean,
): number | undefined {
  const { capture, clock, earlier } = host;
  message.open(field.status);
  message.double(1, clock.now());
  let told = 0;
  let last = after;
  for (const stream of capture.streams) {
    if (stream.number <= after) continue;
    if (told === statusStreams) break;
    const status = statusOf(stream);
    message.open(2);
    message.number(1, stream.number);
    count(message, 2, status.captured);
    count(message, 3, status.acknowledged);
    count(message, 4, status.overwritten);
    count(message, 5, status.discarded);
    count(message, 6, status.stored);
    count(message, 7, status.missed);
    count(message, 8, status.late);
    count(message, 9, status.failed);
    count(message, 10, status.refused);
    message.close();
    last = stream.number;
    told++;
  }
  if (earlier) for (const boot of earlier.left) writeBoot(message, 6, boot);
  const complete = told < statusStreams;
  if (complete && ledger) {
    writeLedger(message, host);
    message.text(5, JSON.stringify(host.details()));
  }
  message.close();
  return complete ? undefined : last;
}

/** Zero is what a field that is absent stands for. */
function count(message: MessageWriter, at: number, value: number): void {
  if (value !== 0) message.double(at, value);
}

function writeLedger(message: MessageWriter, { flashLog: { ledger } }: UplinkHost): void {
  message.number(3, 1);
  for (let i = 0; i < ledger.count; i++) {
    const { stream, cause, stretches, blocks, readings, start, end } = ledger.entry(i);
    // Not of this boot: the gateway counts them when it hears that nothing is left of theirs.
    if (cause === 'earlier boot') continue;
    message.open(4);
    // A sint32: zigzag.
    message.number(1, stream < 0 ? -2 * stream - 1 : 2 * stream);
    message.text(2, cause);
    message.number(3, stretches);
    message.double(4, blocks);
    message.double(5, readings);
    message.double(6, start);
    message.double(7, end);
    message.close();
  }
}

export function writeConfigurationResult(
  message: MessageWriter,
  revision: string,
  applied: boolean,
  problems: readonly Problem[],
): void {
  message.open(field.configurationResult);
  message.text(1, revision);
  message.number(2, applied ? 1 : 0);
  for (let index = 0; index < problems.length && index < namedProblems; index++) {
    const { severity, code, path, message: text } = problems[index]!;
    message.open(3);
    message.number(1, severity === 'error' ? 1 : 0);
    message.text(2, code);
    message.text(3, path);
    message.text(4, text);
    message.close();
  }
  message.close();
}

/** A call, as far as the part reads it. */
export interface Call {
  id: number;
  resource: string;
  method: string;
  /** JSON object; empty: none. */
  parameters: string;
}

/**
 * The arguments of a call that some method knows. Not by the engine's own parser: XS keeps every name that it meets
 * for ever in a table of fixed size, so some hundred made-up ones would bring the device down.
 * @throws CallError
 */
function parametersOf(text: string): Record<string, unknown> {
  const { value, fault } = readJson(text, PART_LIMITS);
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

/** Does what a call asks for. Never throws. @param buffer lent to write in @returns the answer's message */
export function answer(host: UplinkHost, call: Call, buffer: Uint8Array): Uint8Array[] {
  const { id, resource, method } = call;
  try {
    const result = host.call(resource, method, parametersOf(call.parameters || '{}'));
    const message = new MessageWriter(buffer);
    message.open(field.answer);
    message.number(1, id);
    message.open(4);
    const before = message.length;
    if (result instanceof LongAnswer) result.write((json) => message.piece(json));
    else message.piece(JSON.stringify(result ?? {}));
    const { length } = message;
    if (length - before > longestResult) throw new MessageTooLong(`${length - before} bytes`);
    message.close();
    message.close();
    return message.end();
  } catch (error) {
    const { code, message: text } = error as { code?: unknown; message?: unknown };
    const message = new MessageWriter(buffer);
    message.open(field.answer);
    message.number(1, id);
    message.text(2, typeof code === 'string' ? code : 'failed');
    message.text(3, String(text));
    message.close();
    return message.end();
  }
}
