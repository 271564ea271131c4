/**
 * The main part among the parts, for whoever shows them: its boot, the figures of its streams, what it lost.
 *
 * What comes in: the capture. What goes out: a status as a part's. What holds: captured = acknowledged + overwritten +
 * discarded + stored in each stream's figures.
 */
import type { link } from '../../proto/link.js';
import { BinaryCollector } from './binary-collector';
import type { Collector } from './collector';
import type { MainCapture } from './main-capture';
import type { OwnStream } from './own-stream';
import { TabularCollector } from './tabular-collector';

/** As a part's over the link, each figure given. */
type StreamStatus = Record<Exclude<keyof link.StreamStatus.$Properties, '$unknowns'>, number>;

export interface OwnStatus {
  streams: StreamStatus[];
  losses: link.Loss.$Properties[];
  /** JSON of what else the page shows. */
  details: string;
}

/** Readings that gave way while the outbox had no room. */
const cause = 'outbox-full';

export function statusOf(capture: MainCapture): OwnStatus {
  const streams: StreamStatus[] = [];
  const details: object[] = [];
  const losses: link.Loss.$Properties[] = [];
  const add = (stream: OwnStream, counts: Partial<StreamStatus>) => {
    const { stream: number } = stream.metadata;
    const { acknowledged, overwritten, stored, refused, loss } = stream;
    const captured = acknowledged + overwritten + stored + refused;
    const figures = { acknowledged, overwritten, discarded: refused, stored, refused };
    streams.push({ ...{ missed: 0, late: 0, failed: 0 }, ...counts, stream: number, captured, ...figures });
    details.push({ number, bytes: stream.bytes, quota: stream.quota });
    if (loss) losses.push({ stream: number, cause, ...loss });
  };
  for (const collector of capture.collectors) {
    if (collector instanceof BinaryCollector) streams.push(binaryStatus(collector));
    else if (collector instanceof TabularCollector && collector.stream)
      add(collector.stream, collector.counts);
  }
  for (const [stream, { missed, late, failed }] of capture.ended) add(stream, { missed, late, failed });
  return { streams, losses, details: JSON.stringify({ uptime: capture.now, streams: details }) };
}

function binaryStatus(collector: BinaryCollector): StreamStatus {
  const { missed, late, failed } = collector.counts;
  const { number: stream, acknowledged } = collector;
  const none = { overwritten: 0, discarded: 0, stored: 0, refused: 0 };
  // One reading may be several files, which are what is counted from here on.
  return { stream, captured: acknowledged, acknowledged, ...none, missed, late, failed };
}

/** Collectors that fail, as problems of the part. */
export function failuresOf(capture: MainCapture) {
  const problems: { severity: 'error'; code: string; path: string; message: string }[] = [];
  for (const { failing, plan } of capture.collectors as Iterable<Collector>) {
    if (!failing) continue;
    const { resource, method } = plan.identity;
    const since = new Date(failing.since + capture.offset).toISOString();
    const message = `${method} is not captured since ${since}: ${failing.reason}`;
    problems.push({ severity: 'error', code: 'capture-failed', path: resource, message });
  }
  return problems;
}
