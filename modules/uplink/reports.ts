/** What the part tells of itself on the link, as messages of `proto/link.proto`. */

import type { link } from '../../proto/link.js';
import { statusOf } from '../capture/conservation';
import { PART_LIMITS, readJson } from '../config/json';
import { argumentNames, CallError } from '../device/calls';
import type { Deliverable } from '../device/earlier-streams';
import type { UplinkHost } from '../device/uplink-host';

const kinds = Object.freeze(['integer', 'boolean', 'double', 'record'] as const);
const sources = Object.freeze(['unknown', 'gateway', 'sntp'] as const);

export function declarationOf({ number, declaration, boot, clock }: Deliverable): link.IStreamDeclaration {
  const { plan, kind, range, period } = declaration;
  const { owner, resource, method, parameters } = plan.identity;
  const message: link.IStreamDeclaration = {
    number,
    owner: owner === 'main' ? 1 : 0,
    resource,
    method,
    parameters,
    tags: plan.tags,
    kind: kinds.indexOf(kind),
    periodNumerator: period.numerator,
    periodDenominator: period.denominator,
  };
  if (range) message.range = { min: range.min, max: range.max, step: range.step, unit: range.unit };
  if (plan.retention) message.retention = { ...plan.retention };
  if (boot) message.boot = boot;
  if (clock) message.clock = { source: sources.indexOf(clock.source), offset: clock.offset };
  return message;
}

/** What earlier boots left, then the streams of this one. */
export function deliverables({ capture, earlier }: UplinkHost): readonly Deliverable[] {
  return earlier === undefined ? capture.streams : [...earlier.list, ...capture.streams];
}

export function clockOf({ clock }: UplinkHost): link.IClock {
  const { source, offset, uncertainty } = clock.wall;
  return { source: sources.indexOf(source), offset, roundTrip: 2 * uncertainty };
}

/** @param ledger whether the loss ledger goes along */
export function statusMessage(host: UplinkHost, ledger: boolean): link.IStatus {
  const { capture, flashLog, clock } = host;
  const streams = capture.streams.map((stream) => {
    const { captured, acknowledged, overwritten, discarded, stored, missed, late, failed, refused } =
      statusOf(stream);
    const counts = { captured, acknowledged, overwritten, discarded, stored, missed, late, failed, refused };
    return { stream: stream.number, ...counts };
  });
  const message: link.IStatus = { monotonic: clock.now(), streams, ledger };
  if (host.earlier) message.retained = host.earlier.left;
  if (!ledger) return message;
  const losses: link.ILoss[] = [];
  for (let i = 0; i < flashLog.ledger.count; i++) {
    const { stream, cause, stretches, blocks, readings, start, end } = flashLog.ledger.entry(i);
    // Not of this boot: the gateway counts them when it hears that nothing is left of theirs.
    if (cause === 'earlier boot') continue;
    losses.push({ stream, cause, stretches, blocks, readings, start, end });
  }
  message.losses = losses;
  // The rest of the device's own report is in the message already, or too long for it.
  const { streams: _streams, log: _log, ...details } = host.status();
  message.details = JSON.stringify(details);
  return message;
}

const longestResult = 12_288;

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

/** Does what a call asks for. Never throws. */
export function answer(host: UplinkHost, call: link.ICall): link.IAnswer {
  const id = call.id ?? 0;
  try {
    const parameters = parametersOf(call.parameters || '{}');
    const result = JSON.stringify(host.call(call.resource ?? '', call.method ?? '', parameters) ?? {});
    if (result.length > longestResult)
      return { id, code: 'too-large', message: `${result.length} characters` };
    return { id, result };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    return { id, code: typeof code === 'string' ? code : 'failed', message: String(message) };
  }
}
