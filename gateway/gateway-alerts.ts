/**
 * What of a gateway somebody should look at, told to the alerts as it is noticed. In: what the link tells of parts, each
 * look at the disk, each change of a destination's sync, certificates. Out: alerts. What holds: nothing is asked for.
 */
import { type Alerts, CertificateWatch } from '@sluice/common/alerts';
import type { Clock, WallMilliseconds } from '@sluice/common/clock';
import { isSameList } from '../modules/config/plan';
import type { LinkServer } from './link/link-server';
import type { PartState } from './link/part-state';
import type { SyncState } from './sync/destination-sync';

export interface GatewayAlertsOptions {
  alerts: Alerts;
  link: Pick<LinkServer, 'known' | 'events'>;
  clock: Clock;
}

/** What certificates are of. */
const doors = "the page and the cloud's doors";
const pinned = 'the authority that boards pin';
const captureDisk = "the capture directory's disk";
/** Share of a disk below the threshold at which it has room again. */
const hysteresis = 0.02;
const minute = 60_000;

export class GatewayAlerts {
  readonly #alerts: Alerts;
  readonly #options: GatewayAlertsOptions;
  readonly #started: number;
  readonly #certificate: CertificateWatch;
  readonly #authority: CertificateWatch;
  /** By part, as it was told last. */
  readonly #lost = new Map<string, { all: Lost; atReboot: Lost }>();
  readonly #endFollowing: () => void;
  /** Destinations that there are. */
  #destinations: readonly string[] = [];
  /** Configured parts, each with all names that it may come by. */
  #configured: readonly (readonly string[])[] = [];

  constructor(options: GatewayAlertsOptions) {
    const { alerts, link, clock } = options;
    this.#options = options;
    this.#alerts = alerts;
    this.#started = clock.wall();
    this.#certificate = new CertificateWatch(alerts, clock);
    this.#authority = new CertificateWatch(alerts, clock, 'authority_days');
    // What was lost before was told before.
    for (const { name, lost, lostAtReboot } of link.known.values())
      this.#lost.set(name, { all: { ...lost }, atReboot: { ...lostAtReboot } });
    this.#endFollowing = link.events.on('changed', (state) => this.#part(state));
  }

  /** @param parts configured, each with all names that it may come by */
  configured(parts: readonly (readonly string[])[]): void {
    this.#configured = parts;
    const { known } = this.#options.link;
    const names = parts.map((all) => all.find((name) => known.has(name)) ?? all[0]!);
    this.#alerts.only('part-away', names);
    for (const name of names) {
      const state = known.get(name);
      if (state) this.#presence(state);
      else this.#away(name, this.#started, `${name} has never come`);
    }
  }

  /** The capture directory's disk was looked at, bytes. */
  disk({ used, total }: { used: number; total: number }): void {
    const { disk_used_share: most } = this.#alerts.settings;
    const share = used / total;
    if (most === null || share < most - hysteresis) this.#alerts.ends('disk-filling', captureDisk);
    else if (share >= most)
      this.#alerts.holds(
        'disk-filling',
        captureDisk,
        `${captureDisk} is used to ${Math.floor(100 * share)} %`,
      );
  }

  synced(destinations: readonly { name: string; state: SyncState }[]): void {
    const { destination_behind_mins: behind } = this.#alerts.settings;
    this.#onlyOf(destinations.map(({ name }) => name));
    for (const { name, state } of destinations) {
      const { failures, disabled, lastSuccess = this.#started, lastError } = state;
      if (failures === 0 || disabled || behind === null) this.#alerts.ends('destination-behind', name);
      else {
        const message = `nothing could be delivered to ${name} since ${timeText(lastSuccess)}: ${lastError}`;
        this.#alerts.holds('destination-behind', name, message, lastSuccess, behind * minute);
      }
    }
  }

  /** @param pem the certificate of the doors; undefined: they are in plain text */
  certificate(pem: string | undefined): void {
    this.#certificate.follow(doors, pem);
  }

  /** @param pem what boards pin; undefined: the link is in plain text */
  authority(pem: string | undefined): void {
    this.#authority.follow(pinned, pem);
  }

  close(): void {
    this.#endFollowing();
    this.#certificate.close();
    this.#authority.close();
  }

  /** Who is no destination any more is not behind. */
  #onlyOf(destinations: readonly string[]): void {
    if (isSameList(destinations, this.#destinations)) return;
    this.#destinations = destinations;
    this.#alerts.only('destination-behind', destinations);
  }

  #part(state: PartState): void {
    if (this.#configured.some((names) => names.includes(state.name))) {
      // It may have been awaited by another of its names.
      this.#endOthers(state.name);
      this.#presence(state);
    }
    this.#losses(state);
  }

  #endOthers(name: string): void {
    const names = this.#configured.find((all) => all.includes(name)) ?? [];
    for (const other of names) if (other !== name) this.#alerts.ends('part-away', other);
  }

  #presence({ name, connected, since, asleepUntil = 0, endedBy }: PartState): void {
    if (connected) {
      this.#alerts.ends('part-away', name);
      return;
    }
    const from = Math.max(since, asleepUntil, this.#started);
    const why = endedBy && endedBy !== 'closed' ? `: ${endedBy}` : '';
    this.#away(name, from, `${name} is away since ${timeText(since)}${why}`);
  }

  #away(name: string, since: number, message: string): void {
    const { part_away_mins: away } = this.#alerts.settings;
    if (away !== null) this.#alerts.holds('part-away', name, message, since, away * minute);
  }

  #losses(state: PartState): void {
    const { name, resetReason } = state;
    const before = this.#lost.get(name) ?? { all: nothing, atReboot: nothing };
    const now = { all: { ...state.lost }, atReboot: { ...state.lostAtReboot } };
    this.#lost.set(name, now);
    const { readings_lost: isOn, readings_lost_quiet_mins: quiet } = this.#alerts.settings;
    const all = lessOf(now.all, before.all);
    if (!isOn || (all.readings <= 0 && all.atMost <= 0)) return;
    const atReboot = lessOf(now.atReboot, before.atReboot);
    const isOfReboot = atReboot.readings === all.readings && atReboot.atMost === all.atMost;
    const message = isOfReboot
      ? `${name} started again (${resetReason || 'why is not known'}): what it had not handed over is lost, ${amountOf(all)}`
      : `${name} has lost ${amountOf(all)}`;
    this.#alerts.happens('readings-lost', name, message, quiet * minute);
  }
}

type Lost = PartState['lost'];
const nothing: Lost = { readings: 0, atMost: 0 };

function lessOf(now: Lost, before: Lost): Lost {
  return { readings: now.readings - before.readings, atMost: now.atMost - before.atMost };
}

function amountOf({ readings, atMost }: Lost): string {
  if (atMost <= readings) return `${readings} readings`;
  return readings > 0 ? `${readings} to ${atMost} readings` : `at most ${atMost} readings`;
}

function timeText(wall: WallMilliseconds): string {
  return new Date(wall).toISOString();
}
