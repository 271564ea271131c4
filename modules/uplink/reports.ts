/** What the part tells of itself on the link, as messages of `proto/link.proto`. */

import type { link } from '../../proto/link.js';
import type { Stream } from '../capture/collector';
import { statusOf } from '../capture/conservation';
import type { UplinkHost } from '../device/uplink-host';

const kinds = Object.freeze(['integer', 'boolean', 'double', 'record'] as const);
const sources = Object.freeze(['unknown', 'gateway', 'sntp'] as const);

export function declarationOf({ declaration }: Stream): link.IStreamDeclaration {
  const { number, plan, kind, range, period } = declaration;
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
  return message;
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
  if (!ledger) return message;
  const losses: link.ILoss[] = [];
  for (let i = 0; i < flashLog.ledger.count; i++) {
    const { stream, cause, stretches, blocks, readings, start, end } = flashLog.ledger.entry(i);
    losses.push({ stream, cause, stretches, blocks, readings, start, end });
  }
  message.losses = losses;
  // The rest of the device's own report is in the message already, or too long for it.
  const { streams: _streams, log: _log, ...details } = host.status();
  message.details = JSON.stringify(details);
  return message;
}

const longestResult = 12_288;

/** Does what a call asks for. Never throws. */
export function answer(host: UplinkHost, call: link.ICall): link.IAnswer {
  const id = call.id ?? 0;
  try {
    const parameters = JSON.parse(call.parameters || '{}') as Record<string, unknown>;
    const result = JSON.stringify(host.call(call.resource ?? '', call.method ?? '', parameters) ?? {});
    if (result.length > longestResult)
      return { id, code: 'too-large', message: `${result.length} characters` };
    return { id, result };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    return { id, code: typeof code === 'string' ? code : 'failed', message: String(message) };
  }
}
