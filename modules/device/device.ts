/**
 * The device, composed in the order of its boot: time, settings, configuration, flash, resources, capture; only then
 * the network and what needs it.
 *
 * Holds: what comes later can fail or be absent without touching what came before.
 */

import getResetReason from 'resetReason';
import WiFi from 'embedded:network/interface/wifi';
import flash from 'embedded:storage/flash';
import config from 'mc/config';
import Preference from 'preference';
import SNTP from 'sntp';
import Time from 'time';
import Timer from 'timer';
import { CallError } from '../../proto/call-error';
import { bootText } from '../block/boot-text';
import { limitNodes } from '../block/record-encoder';
import { Capture } from '../capture/capture';
import { partLimits, readJson } from '../config/json';
import { budgetOf, defaultHead, type MemoryBudget } from '../config/memory-budget';
import { type MemoryCost, memoryOf } from '../config/memory-costs';
import { MemoryInUse } from '../config/memory-in-use';
import { crowdedOut, isApplicable, parsePart } from '../config/part';
import { type PartPlan, resourceName, type StreamIdentity, type SyncPlan } from '../config/plan';
import type { Problem } from '../config/problems';
import { encodeUtf8 } from '../config/utf8';
import { NothingToRead } from '../resources/reading';
import { limitRecords } from '../resources/record-reader';
import { ResourceSet } from '../resources/resource-set';
import { FlashLog } from '../ring/flash-log';
import type { FlashStorage } from '../ring/flash-storage';
import { LongAnswer } from '../uplink/long-answer';
import type { ConfigurationDone, Identity, UplinkControl, UplinkHost, Waiting } from '../uplink/uplink-host';
import { AbsentResources } from './absent-resources';
import { AtomicPreferences } from './atomic-preferences';
import { drawBootId } from './boot';
import { callResource } from './calls';
import { Clock, type ClockListener } from './clock';
import { ConfigurationStore, isUtf8, type StoredConfiguration } from './configuration-store';
import { type CrashJudgement, countCrashes, endSolitude, judgeCrashes } from './crash-guard';
import { EarlierStreams } from './earlier-streams';
import { flashMapPieces } from './flash-map';
import { jsonOf } from './frozen-json';
import { Lifetime } from './lifetime';
import { Log } from './log';
import { Network, type NetworkListener } from './network';
import { note, type Preferences, readSettings, type Settings } from './settings';
import { detailPieces, figurePieces, statusPieces } from './status';
import { TimeSync } from './time-sync';
import { Watchdog } from './watchdog';

/** Label of the flash partition that holds the readings; see flash-layout. */
const partitionLabel = 'capture';
/** ms after which a new configuration has proved itself. */
const trialTime = 60_000;
/** Problems of a configuration that the status names; all are in the answer to it. */
const mostNamedProblems = 8;
/** ms that a planned restart waits for the uplink at most. */
const longestDrain = 10_000;
/** ms of it that are left for what was captured meanwhile. */
const lastDrain = 2_000;
/** ms between two looks at how far it is. */
const drainLook = 100;

const preferences: Preferences = Object.freeze(
  new AtomicPreferences({
    get: (key: string) => Preference.get('sluice', key),
    set: (key: string, value: boolean | number | string | ArrayBuffer) =>
      Preference.set('sluice', key, value),
    delete: (key: string) => Preference.delete('sluice', key),
  }),
  true,
);

export interface DeviceOptions {
  /** Viam JSON of the part, for the first start. */
  configuration: string;
  /** Version of this firmware. */
  firmware: string;
  uplink?: (host: UplinkHost) => UplinkControl;
}

export class Device implements UplinkHost, ClockListener, NetworkListener {
  readonly clock = new Clock(Time);
  readonly log: Log;
  readonly settings: Settings;
  readonly identity: Identity;
  readonly flashLog: FlashLog;
  readonly resources: ResourceSet;
  readonly capture: Capture;
  readonly network: Network;
  readonly earlier: EarlierStreams | undefined;
  sync: SyncPlan;
  revision = '';
  /** Resources that could not be built yet; there only while there are any. */
  declare absent?: AbsentResources | undefined;
  /** Of the configuration that runs, beside what is absent: how many problems, and where the first ones are. */
  private faultCount = 0;
  private faults: string[] = [];
  private readonly store = new ConfigurationStore(preferences);
  private readonly embedded: string;
  private readonly timeSync: TimeSync;
  private readonly watchdog: Watchdog;
  private readonly lifetime: Lifetime;
  private readonly uplink: UplinkControl | undefined;
  private trial: Timer | undefined;
  private restarting = false;
  /** The network waits, after many crashes, or has not proved itself yet. */
  private alone: boolean;
  /** Whether what runs is what the store holds. */
  private runsStored = false;
  private readonly memory: MemoryInUse;

  constructor(options: DeviceOptions) {
    const { clock } = this;
    this.log = new Log(clock, trace);
    const { log } = this;
    const resetReason = getResetReason().string;
    const planned = takeRestartReason();
    this.settings = readSettings(preferences, config, (message) => log.warning(message));
    this.network = new Network({
      wifi: WiFi,
      timer: Timer,
      clock,
      random: Math.random,
      networks: this.settings.networks,
      hostname: this.settings.part ?? 'sluice',
      log,
    });
    const boot = drawBootId(preferences, Math.random);
    this.lifetime = new Lifetime(preferences, Timer, this);
    this.identity = {
      part: this.settings.part ?? ownName(log),
      boot,
      firmware: options.firmware,
      chip: typeof config.chip === 'string' ? config.chip : 'esp32',
      resetReason: planned ?? resetReason,
      previousUptime: this.lifetime.previous,
    };
    log.info(`${this.identity.part}, boot ${bootText(boot)} after ${this.identity.resetReason}`);

    this.memory = new MemoryInUse(memoryOf(this.identity.chip));
    this.embedded = options.configuration;
    const crashed = planned === undefined && isCrash(resetReason);
    const judgement = judgeCrashes(preferences, crashed);
    const { crashes, wait } = judgement;
    this.alone = wait > 0;
    const plan = this.firstPlan(crashed, judgement);
    this.sync = plan.sync;
    const { headBytes = defaultHead, retainUnsynced } = plan.sync;
    if (!retainUnsynced) EarlierStreams.forget(preferences);
    const earlier = retainUnsynced ? new EarlierStreams(preferences, boot, crashes) : undefined;
    this.flashLog = new FlashLog({
      flash: openFlash(log),
      boot,
      headBytes,
      retainUnsynced: earlier ? (of, stream) => earlier.has(of, stream) : false,
    });
    this.earlier = earlier;
    this.keep((streams) => streams.take(this.flashLog.retained));
    clock.listener = this;
    this.resources = new ResourceSet({ chip: this.identity.chip });
    this.capture = new Capture({
      clock,
      timer: Timer,
      boot,
      log: this.flashLog,
      failed: ({ plan }, error) => this.readFailed(plan.identity, error),
    });
    this.run(plan);

    this.watchdog = new Watchdog(Timer, this.capture, (reason) => this.restartNow(reason));
    this.timeSync = new TimeSync({
      clock,
      sntp: SNTP,
      timer: Timer,
      servers: this.settings.sntp,
      time: Time,
      log,
    });
    this.network.listener = this;
    this.uplink = options.uplink?.(this);
    this.uplink?.start();
    if (wait === 0) this.network.start();
    else this.startNetworkLater(crashes, wait);
  }

  get waiting(): Waiting | undefined {
    return this.uplink?.waiting;
  }

  /** Of the configuration that runs, and of another device of the same name. */
  get problemCount(): number {
    return this.faultCount + (this.resources.absent?.length ?? 0) + (this.uplink?.rivalled ? 1 : 0);
  }

  /** Where the first of them are. */
  get problems(): string[] {
    const { absent } = this.resources;
    const rivalled = this.uplink?.rivalled;
    if (!absent && !rivalled) return this.faults;
    const beside = (absent ?? []).map(({ fault }) => labelOf(fault));
    if (rivalled) beside.unshift('duplicate-part at $');
    return [...beside, ...this.faults].slice(0, mostNamedProblems);
  }

  details(): Iterator<string, string> {
    return detailPieces(this);
  }

  hasRoom(bytes: number): boolean {
    return this.memory.fitsMessage(bytes, this.capture.endedCount);
  }

  refuse(bytes: number): Problem[] {
    return this.waits(crowdedOut(bytes).problems, false);
  }

  configure(revision: string, part: Uint8Array, additions: Uint8Array, done: ConfigurationDone): void {
    if (revision !== '' && revision === this.store.refused) {
      done(false, [fault('the device crashed with this configuration and took it back')]);
      return;
    }
    // The message lies in memory beside everything that runs.
    this.capture.release();
    const bytes = (part.length || this.ownBytes) + additions.length;
    // It is checked, which takes its values' places too, and stored; then comes the reading.
    if (!this.hasRoom(bytes + (bytes >> 3))) {
      done(false, this.refuse(bytes));
      return;
    }
    if (!isUtf8(part) || !isUtf8(additions)) {
      done(false, [{ severity: 'error', code: 'json-syntax', path: '$', message: 'the text is not UTF-8' }]);
      return;
    }
    // What is stored and does not run was refused for want of memory, and comes again with each session.
    const isStored =
      (this.problemCount === 0 || !this.runsStored) && this.store.relabel(revision, part, additions);
    if (isStored && this.runsStored) {
      this.revision = revision;
      done(true, []);
      return;
    }
    const configuration = { revision, part: part.length > 0 ? part : this.ownConfiguration(), additions };
    if (!isObject(configuration.part) || (additions.length > 0 && !isJson(additions))) {
      done(false, parsePart(configuration.part, additions).problems);
      return;
    }
    // By the next turn nobody holds the message any more, which is as long as all readings that wait; or it is read there.
    const unstored = isStored || this.keepConfiguration(configuration) ? undefined : configuration;
    Timer.set(() => this.apply(revision, unstored, done), 0);
  }

  call(resource: string, method: string, parameters: Record<string, unknown>): unknown {
    if (resource !== '') {
      this.absent?.demand(resource);
      return callResource(this.resources.get(resource), resource, method, parameters);
    }
    switch (method) {
      case 'Sync':
        this.uplink?.sync();
        return {};
      case 'Status':
        return new LongAnswer(statusPieces(this));
      case 'Figures':
        return new LongAnswer(figurePieces(this));
      case 'FlashMap':
        return new LongAnswer(flashMapPieces(this.flashLog.log, parameters.from));
      case 'ResourceNames':
        return { resources: this.resources.names() };
      case 'Restart':
        this.restart('asked by a remote call');
        return {};
      default:
        throw new CallError('unknown-method', `the part has no method ${method}`);
    }
  }

  restart(reason: string): void {
    if (this.restarting) return;
    this.restarting = true;
    this.log.info(`restarting: ${reason}`);
    const end = this.clock.now() + longestDrain;
    let last = false;
    let told = false;
    this.uplink?.sync();
    Timer.repeat(() => {
      const { capture, clock, network, uplink } = this;
      if (!uplink || !network.up || clock.now() >= end || told) this.restartNow(reason);
      if (last && !capture.holds) {
        // Nothing of this boot is lost, which the next one could not know. A look later that is on its way.
        told = true;
        uplink?.handedOver();
        return;
      }
      // Sampling goes on while the backlog goes out; what it leaves behind is little.
      if (last || (capture.backlog && clock.now() < end - lastDrain)) return;
      last = true;
      capture.close();
      uplink?.sync();
    }, drainLook);
  }

  /** Stops everything; nothing of the device is used after it. */
  close(): void {
    this.uplink?.close();
    this.timeSync.close();
    this.network.close();
    this.watchdog.close();
    this.lifetime.close();
    this.absent?.close();
    this.capture.close();
    this.resources.close();
    if (this.trial !== undefined) Timer.clear(this.trial);
  }

  private run(plan: PartPlan): Problem[] {
    // Before they are started: they may be what brings the device down.
    if (!prepareFor(plan)) this.log.warning('settings: no room left for notes');
    if (plan.memory) this.memory.run(plan.memory);
    const resources = this.resources.apply(plan.resources);
    // Nobody needs them any more, and the collectors need their room.
    plan.resources = [];
    const collectors = this.capture.apply(
      plan,
      (collector) => this.resources.source(collector),
      resources.rebuilt,
    );
    this.awaitAbsent();
    this.keep((streams) => streams.note(this.capture.streams));
    this.sync = plan.sync;
    const problems = [...plan.problems, ...resources.problems, ...collectors];
    if (this.flashLog.inRam) problems.unshift(withoutFlash(this.flashLog));
    this.faultCount = 0;
    this.faults = [];
    this.note(problems);
    this.uplink?.planned(plan.sync);
    if (this.trial !== undefined) Timer.clear(this.trial);
    this.trial = Timer.set(() => {
      this.trial = undefined;
      // What waits for the next start has not proved itself.
      if (this.runsStored) this.store.confirm();
      if (!this.alone) countCrashes(preferences, false);
    }, trialTime);
    return problems;
  }

  /** What is wrong is logged and counted; what is absent counts while it is. */
  private note(problems: readonly Problem[]): void {
    const { absent } = this.resources;
    for (const problem of problems) {
      const { severity, code, path, message } = problem;
      this.log[severity](`${code} at ${path}: ${message}`);
      if (absent?.some(({ fault }) => fault === problem)) continue;
      this.faultCount++;
      if (this.faults.length < mostNamedProblems) this.faults.push(labelOf(problem));
    }
  }

  /** From now on what could not be built is tried again. */
  private awaitAbsent(): void {
    const { resources, clock } = this;
    if (this.absent) {
      this.absent.close();
      this.absent = undefined;
    }
    if (!resources.absent) return;
    const came = (names: string[], problems: Problem[]) => this.begin(names, problems);
    this.absent = new AbsentResources({ timer: Timer, clock, resources, came });
  }

  /** Begins the collectors of resources that were absent until now. */
  private begin(names: string[], problems: Problem[]): void {
    this.log.info(`there now: ${names.join(', ')}`);
    const collectors = this.capture.resume((plan) => this.resources.source(plan));
    this.note([...problems, ...collectors]);
    this.keep((streams) => streams.note(this.capture.streams));
    if (!this.resources.absent) this.awaitAbsent();
  }

  /** What to start with. Its text is gone when the collectors are made. */
  private firstPlan(crashed: boolean, { crashes, heavy, bare }: CrashJudgement): PartPlan {
    const { log, store } = this;
    const refused = store.refused;
    const stored = store.load(crashed);
    if (!crashed) forgetMost();
    else if (store.refused !== refused) countCrashes(preferences, false);
    else if (heavy) {
      // Perhaps it is too much: what it captures first is better than nothing.
      const most = Number(preferences.get('ran') ?? 0) >> 1;
      if (most > 0) note(preferences, 'most', most);
      log.error(`crashed ${crashes} times in a row: capturing by ${most} of the collectors only`);
    }
    if (bare) {
      log.error(`crashed ${crashes} times in a row: capturing nothing until another configuration comes`);
      return parsePart('{}');
    }
    if (stored) {
      const plan = parsePart(stored.part, stored.additions, undefined, this.budget());
      if (isApplicable(plan.problems)) {
        this.revision = stored.revision;
        this.runsStored = true;
        return plan;
      }
      log.error('the stored configuration cannot be read; starting with the embedded one');
    }
    return parsePart(this.embeddedConfiguration(), '', undefined, this.budget());
  }

  /** @param unstored the configuration, when it is not what is stored */
  private apply(revision: string, unstored: StoredConfiguration | undefined, done: ConfigurationDone): void {
    this.capture.release();
    const plan = this.read(unstored);
    if (plan === undefined) {
      done(false, [fault('could not be read back')]);
      return;
    }
    if (!isApplicable(plan.problems)) {
      done(false, this.waits(plan.problems, unstored === undefined));
      return;
    }
    this.runsStored = unstored === undefined;
    if (unstored) plan.problems.push(fault('runs, but could not be stored for the next start'));
    this.revision = revision;
    done(true, this.run(plan));
  }

  /** @returns undefined when it is not there any more */
  private read(configuration = this.store.load(false)): PartPlan | undefined {
    if (configuration === undefined) return undefined;
    const { part, additions } = configuration;
    const plan = parsePart(part, additions, this.capture, this.budget(this.memory));
    return plan.memory && !this.fits(plan, plan.memory) ? crowdedOut(part.length + additions.length) : plan;
  }

  /** Whether a plan has room to run beside the collectors that it ends. */
  private fits({ collectors, problems, resources: plans }: PartPlan, memory: MemoryCost): boolean {
    const kept = this.resources.keeps(plans);
    const stays = (name: string) =>
      plans.some((plan, index) => kept[index] === 1 && name === resourceName(plan.api, plan.name));
    const ended = this.capture.endedCount + this.capture.endsBy(collectors, stays);
    return this.memory.fitsRunning(memory, ended, problems.length);
  }

  /** What runs goes on. @returns what is said of the configuration that has no room beside it */
  private waits([problem]: readonly Problem[], isStored: boolean): Problem[] {
    const then = isStored ? 'it is applied at the next start' : 'it is not stored for the next start either';
    const message = `${problem!.message}: ${then}`;
    this.log.error(message);
    return [{ ...problem!, message }];
  }

  /** @returns whether it is what the next start begins with */
  private keepConfiguration(configuration: StoredConfiguration): boolean {
    try {
      // Before anything is made of it: should it bring the device down, that is known at the next boot.
      this.store.save(configuration);
      this.runsStored = false;
      forgetMost();
      return true;
    } catch (error) {
      this.log.error(`the configuration could not be stored: ${messageOf(error)}`);
      return false;
    }
  }

  /** What the chip has memory for. @param beside what runs while it is read */
  private budget(beside?: MemoryInUse): MemoryBudget {
    const most = preferences.get('most');
    const ended = beside ? this.capture.endedCount : 0;
    const budget = budgetOf(this.identity.chip, typeof most === 'number' ? most : undefined, beside, ended);
    budget.publishes = this.settings.gateway?.startsWith('mqtt') === true;
    return budget;
  }

  /** Of the part's own text, at the most. */
  private get ownBytes(): number {
    return this.store.partBytes ?? this.embeddedConfiguration().length;
  }

  /** The part's own text, UTF-8. */
  private ownConfiguration(): Uint8Array {
    return this.store.load(false)?.part ?? encodeUtf8(this.embeddedConfiguration());
  }

  /** The network has got an address, or lost it. */
  networkChanged(up: boolean): void {
    this.timeSync.network(up);
    this.uplink?.network(up);
  }

  /** A session with the gateway or the broker is open. */
  reached(): void {
    this.timeSync.reached();
  }

  /** The offset to wall time has been set. */
  wallSet(): void {
    this.keep((streams) => streams.noteClock(this.clock.wall));
    this.uplink?.wallSet();
  }

  private startNetworkLater(crashes: number, wait: number): void {
    this.log.error(`crashed ${crashes} times in a row: capturing without the network for ${wait / 1000} s`);
    Timer.set(() => {
      endSolitude(preferences);
      this.network.start();
      Timer.set(() => {
        this.alone = false;
        countCrashes(preferences, false);
      }, trialTime);
    }, wait);
  }

  private readFailed({ resource, method }: StreamIdentity, error: unknown): void {
    this.log.repeating(
      `read ${resource} ${method}`,
      () => `${resource} ${method}: ${messageOf(error)}`,
      error instanceof NothingToRead ? 'info' : 'error',
    );
  }

  /** What goes wrong with it costs a later boot, never this one. */
  private keep(action: (streams: EarlierStreams) => void): void {
    if (this.earlier === undefined) return;
    try {
      action(this.earlier);
    } catch (error) {
      this.log.warning(`not all will be kept through a restart: ${messageOf(error)}`);
    }
  }

  /** `config.configuration` of the build, when there is one, counts before the text in the program. */
  private embeddedConfiguration(): string {
    const { configuration } = config;
    if (typeof configuration === 'string' && configuration !== '') return configuration;
    return configuration ? jsonOf(configuration) : this.embedded;
  }

  private restartNow(reason: string): void {
    note(preferences, 'restart', reason.slice(0, 100));
    System.restart();
  }
}

/** A name for a part that was given none: drawn once. The MAC is known only once the radio has started, which is too late. */
function ownName(log: Log): string {
  const name = `esp32-${Math.floor(Math.random() * 2 ** 48).toString(16)}`;
  if (!note(preferences, 'part', name))
    log.error('settings: no room left for the name: the next start draws another');
  return name;
}

/** Why the device restarted itself, when it did. Read once. */
function takeRestartReason(): string | undefined {
  const reason = preferences.get('restart');
  if (reason === undefined) return undefined;
  preferences.delete('restart');
  return String(reason);
}

/** Bounds its records, and notes how many collectors run, should they prove too many. @returns whether it is noted */
function prepareFor({ collectors, recordNodes, recordNames }: PartPlan): boolean {
  limitNodes(recordNodes);
  limitRecords(recordNodes, recordNames);
  return preferences.get('ran') === collectors.length || note(preferences, 'ran', collectors.length);
}

/** As many collectors as fit may run again. */
function forgetMost(): void {
  if (preferences.get('most') !== undefined) preferences.delete('most');
}

/** An aborted VM restarts as 'Software', which is planned only when a reason was left. */
function isCrash(resetReason: string): boolean {
  return resetReason === 'Software' || resetReason === 'Panic' || resetReason.endsWith('WDT');
}

function openFlash(log: Log): FlashStorage | undefined {
  try {
    return flash.open({ path: partitionLabel, mode: 'r+' }) as FlashStorage;
  } catch (error) {
    log.error(`no flash partition "${partitionLabel}": ${messageOf(error)}`);
    return undefined;
  }
}

function isJson(text: Uint8Array): boolean {
  return readJson(text, partLimits).fault === undefined;
}

/** Of what is none, such as `null`, nothing would be captured. */
function isObject(text: Uint8Array): boolean {
  return readJson(text, partLimits).value?.kind === 'object';
}

function withoutFlash({ laterFormat, head }: FlashLog): Problem {
  const code = laterFormat ? 'flash-format' : 'no-partition';
  const why = laterFormat
    ? 'a later firmware left its readings in flash: they stay there, and'
    : 'there is no partition for readings:';
  const message = `${why} all collectors share ${head.size} B of RAM`;
  return { severity: 'error', code, path: '$', message };
}

function labelOf({ code, path }: Problem): string {
  return `${code} at ${path}`;
}

function fault(message: string): Problem {
  return { severity: 'error', code: 'not-stored', path: '$', message };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
