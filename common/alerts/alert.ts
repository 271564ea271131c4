/** What somebody should look at. */
import type { WallMilliseconds } from '../clock';

export const alertKinds = [
  'part-away',
  'readings-lost',
  'disk-filling',
  'destination-behind',
  'stage-lagging',
  'certificate-ending',
] as const;
export type AlertKind = (typeof alertKinds)[number];

export interface Alert {
  kind: AlertKind;
  /** Of what it is: a part, a disk, a destination, a stage, a certificate. */
  subject: string;
  /** For people. */
  message: string;
  raised: WallMilliseconds;
  /** Absent: it stands. */
  resolved?: WallMilliseconds;
}

/** What outlets are given: that one was raised, or resolved. */
export interface AlertNews {
  /** The same whenever it is given again. */
  id: string;
  /** Who tells it. */
  source: string;
  state: 'raised' | 'resolved';
  kind: AlertKind;
  subject: string;
  message: string;
  /** ISO 8601. */
  raised: string;
  resolved?: string;
}

export function newsOf(source: string, alert: Alert): AlertNews {
  const { kind, subject, message, raised, resolved } = alert;
  const state = resolved === undefined ? 'raised' : 'resolved';
  return {
    id: `${source}/${kind}/${subject}/${raised}/${state}`,
    source,
    state,
    kind,
    subject,
    message,
    raised: new Date(raised).toISOString(),
    ...(resolved === undefined ? {} : { resolved: new Date(resolved).toISOString() }),
  };
}
