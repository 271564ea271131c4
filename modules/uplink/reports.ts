/** What the part tells of itself on the link, as messages of `proto/link.proto`. */

import {
  Boot,
  Clock,
  ConfigurationResult,
  Envelope,
  Kind,
  Loss,
  Owner,
  Problem,
  Range,
  Retention,
  Source,
  Status,
  StreamDeclaration,
  StreamStatus,
} from '../../proto/fields';
import type { BootId } from '../block/types';
import { statusOf } from '../capture/conservation';
import type { Problem as ConfigurationProblem } from '../config/problems';
import type { MessageWriter } from './message-writer';
import type { Deliverable, UplinkHost } from './uplink-host';

const kinds = Object.freeze({
  integer: Kind.INTEGER,
  boolean: Kind.BOOLEAN,
  double: Kind.DOUBLE,
  record: Kind.RECORD,
});
const sources = Object.freeze({ unknown: Source.UNKNOWN, gateway: Source.GATEWAY, sntp: Source.SNTP });
/** Of an entry of a map, as protobuf has it. */
const mapKey = 1;
const mapValue = 2;

/** Streams that one message tells the status of: it then fits one fragment. */
const statusStreams = 4;
/** Problems that the answer to a configuration names. */
const namedProblems = 32;

/** What earlier boots left, then the streams of this one. */
export function deliverables({ capture, earlier }: UplinkHost): readonly Deliverable[] {
  return earlier === undefined ? capture.streams : [...earlier.list, ...capture.streams];
}

export function writeBoot(message: MessageWriter, at: number, { counter, random }: BootId): void {
  message.open(at);
  message.number(Boot.counter, counter);
  message.number(Boot.random, random);
  message.close();
}

export function writeDeclaration(
  message: MessageWriter,
  { number, declaration, boot, clock }: Deliverable,
): void {
  const { plan, kind, range, period } = declaration;
  const { owner, resource, method, parameters } = plan.identity;
  message.open(Envelope.streams);
  message.number(StreamDeclaration.number, number);
  if (boot) writeBoot(message, StreamDeclaration.boot, boot);
  message.number(StreamDeclaration.owner, owner === 'main' ? Owner.MAIN : Owner.PART);
  message.text(StreamDeclaration.resource, resource);
  message.text(StreamDeclaration.method, method);
  for (const name of Object.keys(parameters)) {
    message.open(StreamDeclaration.parameters);
    message.text(mapKey, name);
    message.text(mapValue, parameters[name]!);
    message.close();
  }
  for (const tag of plan.tags) message.text(StreamDeclaration.tags, tag);
  const { retention } = plan;
  if (retention) {
    const { days, binaryLimitGb, tabularLimitGb } = retention;
    message.open(StreamDeclaration.retention);
    if (days !== undefined) message.number(Retention.days, days);
    if (binaryLimitGb !== undefined) message.number(Retention.binaryLimitGb, binaryLimitGb);
    if (tabularLimitGb !== undefined) message.number(Retention.tabularLimitGb, tabularLimitGb);
    message.close();
  }
  if (range) {
    message.open(StreamDeclaration.range);
    message.double(Range.min, range.min);
    message.double(Range.max, range.max);
    message.double(Range.step, range.step);
    message.text(Range.unit, range.unit);
    message.close();
  }
  message.number(StreamDeclaration.kind, kinds[kind]);
  message.number(StreamDeclaration.periodNumerator, period.numerator);
  message.number(StreamDeclaration.periodDenominator, period.denominator);
  if (clock) {
    message.open(StreamDeclaration.clock);
    message.number(Clock.source, sources[clock.source]);
    message.double(Clock.offset, clock.offset);
    message.close();
  }
  message.close();
}

export function writeClock(message: MessageWriter, at: number, { clock }: UplinkHost): void {
  const { source, offset, uncertainty } = clock.wall;
  message.open(at);
  message.number(Clock.source, sources[source]);
  message.double(Clock.offset, offset);
  message.double(Clock.roundTrip, 2 * uncertainty);
  message.close();
}

/**
 * The status of the next streams by number; the last message of a report has no streams but the rest.
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
  message.open(Envelope.status);
  message.double(Status.monotonic, clock.now());
  let told = 0;
  let last = after;
  for (const stream of capture.streams) {
    if (stream.number <= after) continue;
    if (told === statusStreams) break;
    const status = statusOf(stream);
    message.open(Status.streams);
    message.number(StreamStatus.stream, stream.number);
    count(message, StreamStatus.captured, status.captured);
    count(message, StreamStatus.acknowledged, status.acknowledged);
    count(message, StreamStatus.overwritten, status.overwritten);
    count(message, StreamStatus.discarded, status.discarded);
    count(message, StreamStatus.stored, status.stored);
    count(message, StreamStatus.missed, status.missed);
    count(message, StreamStatus.late, status.late);
    count(message, StreamStatus.failed, status.failed);
    count(message, StreamStatus.refused, status.refused);
    message.close();
    last = stream.number;
    told++;
  }
  if (earlier) for (const boot of earlier.left) writeBoot(message, Status.retained, boot);
  const complete = told === 0;
  if (complete && ledger) {
    writeLedger(message, host);
    writeDetails(message, host);
  }
  message.close();
  return complete ? undefined : last;
}

/** Zero is what a field that is absent stands for. */
function count(message: MessageWriter, at: number, value: number): void {
  if (value !== 0) message.double(at, value);
}

function writeDetails(message: MessageWriter, host: UplinkHost): void {
  message.open(Status.details);
  const pieces = host.details();
  for (let more = true; more; ) {
    const { done, value } = pieces.next();
    message.piece(value);
    more = !done;
  }
  message.close();
}

function writeLedger(message: MessageWriter, { flashLog: { ledger } }: UplinkHost): void {
  message.number(Status.ledger, 1);
  for (let i = 0; i < ledger.count; i++) {
    const { stream, cause, stretches, blocks, readings, start, end } = ledger.entry(i);
    // Not of this boot: the gateway counts them when it hears that nothing is left of theirs.
    if (cause === 'earlier boot') continue;
    message.open(Status.losses);
    // A sint32: zigzag.
    message.number(Loss.stream, stream < 0 ? -2 * stream - 1 : 2 * stream);
    message.text(Loss.cause, cause);
    message.number(Loss.stretches, stretches);
    message.double(Loss.blocks, blocks);
    message.double(Loss.readings, readings);
    message.double(Loss.start, start);
    message.double(Loss.end, end);
    message.close();
  }
}

export function writeConfigurationResult(
  message: MessageWriter,
  revision: string,
  applied: boolean,
  problems: readonly ConfigurationProblem[],
): void {
  message.open(Envelope.configurationResult);
  message.text(ConfigurationResult.revision, revision);
  message.number(ConfigurationResult.applied, applied ? 1 : 0);
  for (let index = 0; index < problems.length && index < namedProblems; index++) {
    const { severity, code, path, message: text } = problems[index]!;
    message.open(ConfigurationResult.problems);
    message.number(Problem.error, severity === 'error' ? 1 : 0);
    message.text(Problem.code, code);
    message.text(Problem.path, path);
    message.text(Problem.message, text);
    message.close();
  }
  message.close();
}
