/**
 * Alerts. In: that something holds, has ended, or happens, told by whoever notices. Out: each alert raised once and
 * resolved once: in the log, at the outlets, and for who shows them. What holds: nothing is asked for by time alone;
 * bounded; what stands, and what outlets have not taken, outlives the process.
 */
import { join } from 'node:path';
import { type Clock, systemClock, type WallMilliseconds } from '../clock';
import { asError } from '../errors';
import { NodeStorage, type Storage } from '../storage';
import { type Alert, type AlertKind, type AlertNews, newsOf } from './alert';
import { Outlet, type Receiver } from './outlet';
import { Broker, Webhook } from './receivers';
import { type AlertSettings, defaultAlertSettings, readAlertSettings } from './settings';

export interface AlertsLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface AlertsOptions {
  settings?: AlertSettings;
  /** Who tells them: the main part's name, the cloud's. */
  source: string;
  /** Path of the file that it keeps. */
  path: string;
  log: AlertsLog;
  clock: Clock;
  storage?: Storage;
  /** Default: those of the settings. */
  receivers?: readonly Receiver[];
}

interface Kept {
  version: 1;
  standing: Alert[];
  /** By outlet. */
  waiting: Record<string, AlertNews[]>;
}

/** What holds and is not raised yet, or stands until a time. */
interface Timed {
  kind: AlertKind;
  subject: string;
  message: string;
  cancel(): void;
}

/** Alerts that stand at most, and resolved ones that are shown. */
const most = 1_000;
const mostResolved = 10;

export class Alerts {
  readonly settings: AlertSettings;
  readonly #options: AlertsOptions;
  readonly #storage: Storage;
  readonly #outlets: Outlet[];
  readonly #standing = new Map<string, Alert>();
  readonly #pending = new Map<string, Timed>();
  /** What ends when nothing happens any more. */
  readonly #quiet = new Map<string, () => void>();
  #resolved: Alert[] = [];
  #view: readonly Alert[] = [];
  #saving: Promise<void> | undefined;
  #isChanged = false;
  #isClosed = false;

  private constructor(options: AlertsOptions) {
    this.#options = options;
    const { clock, log, settings = defaultAlertSettings } = options;
    this.settings = settings;
    this.#storage = options.storage ?? new NodeStorage();
    this.#outlets = (options.receivers ?? receiversOf(settings)).map(
      (receiver) =>
        new Outlet({
          receiver,
          clock,
          changed: () => this.#keep(),
          onProblem: (problem) => log.warn({ in: 'alerts' }, problem),
        }),
    );
  }

  /** Goes on with what stood, and with what outlets have not taken. */
  static async open(options: AlertsOptions): Promise<Alerts> {
    const alerts = new Alerts(options);
    await alerts.#restore();
    return alerts;
  }

  /** Those that stand, then those that ended lately: another list whenever it is otherwise. */
  get view(): readonly Alert[] {
    return this.#view;
  }

  get standing(): Iterable<Alert> {
    return this.#standing.values();
  }

  /** News given up by outlets that took none for long. */
  get dropped(): number {
    return this.#outlets.reduce((sum, { dropped }) => sum + dropped, 0);
  }

  /**
   * It is so; it is raised once it has been so for `after` ms.
   * @param since when that began
   */
  holds(kind: AlertKind, subject: string, message: string, since?: WallMilliseconds, after = 0): void {
    const key = keyOf(kind, subject);
    if (this.#standing.has(key) || this.#isClosed) return;
    const pending = this.#pending.get(key);
    pending?.cancel();
    const { clock } = this.#options;
    const left = after - (clock.wall() - (since ?? clock.wall()));
    if (left <= 0) {
      this.#pending.delete(key);
      this.#raise({ kind, subject, message, raised: clock.wall() });
      return;
    }
    const raise = () => {
      this.#pending.delete(key);
      this.#raise({ kind, subject, message, raised: clock.wall() });
    };
    this.#pending.set(key, { kind, subject, message, cancel: clock.after(left, raise) });
  }

  /** It is so no more. */
  ends(kind: AlertKind, subject: string): void {
    const key = keyOf(kind, subject);
    this.#pending.get(key)?.cancel();
    this.#pending.delete(key);
    const alert = this.#standing.get(key);
    if (alert === undefined || this.#isClosed) return;
    this.#standing.delete(key);
    this.#quiet.get(key)?.();
    this.#quiet.delete(key);
    const resolved = { ...alert, resolved: this.#options.clock.wall() };
    this.#resolved = [resolved, ...this.#resolved].slice(0, mostResolved);
    this.#options.log.info({ alert: kind, subject }, `resolved: ${alert.message}`);
    this.#tell(resolved);
  }

  /** It happens: it is raised, and ends when it has not happened again for `quiet` ms. */
  happens(kind: AlertKind, subject: string, message: string, quiet: number): void {
    this.holds(kind, subject, message);
    this.#endAfter(kind, subject, quiet);
  }

  /** Of a kind there is nothing else any more: of others it ends. */
  only(kind: AlertKind, subjects: readonly string[]): void {
    const there = new Set(subjects);
    for (const of of [...this.#standing.values(), ...this.#pending.values()])
      if (of.kind === kind && !there.has(of.subject)) this.ends(kind, of.subject);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { cancel } of this.#pending.values()) cancel();
    for (const cancel of this.#quiet.values()) cancel();
    for (const outlet of this.#outlets) await outlet.close();
    await this.#saving;
  }

  #raise(alert: Alert): void {
    const { log } = this.#options;
    if (this.#standing.size >= most) {
      log.error(
        { alert: alert.kind, subject: alert.subject },
        `not raised, as ${most} stand: ${alert.message}`,
      );
      return;
    }
    this.#standing.set(keyOf(alert.kind, alert.subject), alert);
    log.warn({ alert: alert.kind, subject: alert.subject }, alert.message);
    this.#tell(alert);
  }

  #endAfter(kind: AlertKind, subject: string, quiet: number): void {
    const key = keyOf(kind, subject);
    if (!this.#standing.has(key)) return;
    this.#quiet.get(key)?.();
    this.#quiet.set(
      key,
      this.#options.clock.after(quiet, () => this.ends(kind, subject)),
    );
  }

  #tell(alert: Alert): void {
    const news = newsOf(this.#options.source, alert);
    for (const outlet of this.#outlets) outlet.add(news);
    this.#show();
    this.#keep();
  }

  #show(): void {
    const newest = [...this.#standing.values()].sort((a, b) => b.raised - a.raised);
    this.#view = [...newest, ...this.#resolved];
  }

  /** One writes at a time, and writes what is true then. */
  #keep(): void {
    this.#isChanged = true;
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
    });
  }

  async #save(): Promise<void> {
    const { path, log } = this.#options;
    while (this.#isChanged) {
      this.#isChanged = false;
      const waiting = Object.fromEntries(this.#outlets.map(({ name, waiting }) => [name, [...waiting]]));
      const kept: Kept = { version: 1, standing: [...this.#standing.values()], waiting };
      try {
        await this.#storage.replace(path, new TextEncoder().encode(JSON.stringify(kept)));
      } catch (error) {
        log.error({ in: 'alerts', error: asError(error).message }, 'alerts are not kept');
      }
    }
  }

  async #restore(): Promise<void> {
    const { path, log } = this.#options;
    let kept: Kept;
    try {
      kept = JSON.parse(new TextDecoder().decode(await this.#storage.read(path))) as Kept;
      if (kept.version !== 1) throw new Error(`it is of version ${kept.version}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.error({ in: 'alerts', path, error: asError(error).message }, 'alerts of before are not known');
      return;
    }
    const { readings_lost_quiet_mins } = this.settings;
    for (const alert of kept.standing) {
      this.#standing.set(keyOf(alert.kind, alert.subject), alert);
      if (alert.kind === 'readings-lost')
        this.#endAfter(alert.kind, alert.subject, readings_lost_quiet_mins * 60_000);
    }
    for (const outlet of this.#outlets) outlet.add(...(kept.waiting[outlet.name] ?? []));
    this.#show();
  }
}

/**
 * A program's own, by a file of settings.
 * @param file its path; undefined: the defaults @param directory of the program @throws with every setting that is wrong
 */
export function openAlerts(of: {
  file: string | undefined;
  source: string;
  directory: string;
  log: AlertsLog;
}): Promise<Alerts> {
  const { file, source, directory, log } = of;
  return Alerts.open({
    settings: file === undefined ? defaultAlertSettings : readAlertSettings(file),
    source,
    path: join(directory, 'alerts.json'),
    log,
    clock: systemClock,
  });
}

function receiversOf({ webhook, mqtt }: AlertSettings): Receiver[] {
  return [...(webhook ? [new Webhook(webhook)] : []), ...(mqtt ? [new Broker(mqtt)] : [])];
}

function keyOf(kind: AlertKind, subject: string): string {
  return `${kind} ${subject}`;
}
