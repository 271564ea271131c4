/**
 * The data manager as the machine's configuration has it: where it captures to, where it delivers to. Both follow a
 * change while everything runs; what of it is of no use leaves that which is.
 */
import { systemClock } from '@sluice/common/clock';
import { asError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import type { Logger } from 'pino';
import type { MachinePlan } from '../modules/config/machine';
import type { Problem } from '../modules/config/problems';
import { DataManager, type DataManagerOptions } from './data-manager/data-manager';
import { Destinations, type DestinationsOptions, type OurCloud } from './destinations';
import { checkKeptParts } from './link/kept-parts';
import { captureDirectory, dataManagerSettings } from './settings';

export interface ConfiguredDataManagerOptions
  extends Pick<DestinationsOptions, 'main' | 'cloud' | 'remote'>,
    Pick<DataManagerOptions, 'captureLimit' | 'readings' | 'looked' | 'synced'> {
  /** The machine's, JSON. */
  configuration: string;
  plan: MachinePlan;
  /** Where it remembers former capture directories. */
  directory: string;
  storage?: Storage | undefined;
  log: Logger;
}

/** Those who give it what is captured. */
export interface Givers {
  /** They keep what they have, until what is returned is called. */
  hold(reason: string): () => void;
  /** There is another capture directory, which has not been given anything: streams are to be declared anew. */
  moved(): void;
}

export class ConfiguredDataManager {
  readonly manager: DataManager;
  readonly #log: Logger;
  readonly #destinations: Destinations;
  #plan: MachinePlan;
  #problem: Problem | undefined;
  /** To another capture directory, to other destinations. */
  #following: Promise<void> = Promise.resolve();

  private constructor(
    { plan, log }: ConfiguredDataManagerOptions,
    manager: DataManager,
    destinations: Destinations,
  ) {
    this.manager = manager;
    this.#plan = plan;
    this.#log = log;
    this.#destinations = destinations;
  }

  /** @throws Error that names what of the destinations is wrong; as `DataManager.open` */
  static async open(options: ConfiguredDataManagerOptions): Promise<ConfiguredDataManager> {
    const { configuration, plan, main, cloud, remote, directory, storage, log } = options;
    const { captureLimit, readings, looked, synced } = options;
    let opened: ConfiguredDataManager | undefined;
    const isDeletedWithPart = () => (opened?.plan ?? plan).dataManager.deleteDataOnPartDeletion;
    const destinations = new Destinations({ configuration, main, cloud, remote, isDeletedWithPart, log });
    const manager = await DataManager.open({
      settings: dataManagerSettings(plan, log),
      main,
      captureDirectory: captureDirectory(plan),
      ...(captureLimit !== undefined && { captureLimit }),
      home: directory,
      ...(storage !== undefined && { storage }),
      destinationNames: destinations.names,
      destinations: (ownerOf) => destinations.open(ownerOf),
      remote,
      readings,
      ...(looked && { looked }),
      ...(synced && { synced }),
      checkKept: checkKeptParts,
      clock: systemClock,
      log,
    });
    opened = new ConfiguredDataManager(options, manager, destinations);
    return opened;
  }

  /** That of now. */
  get plan(): MachinePlan {
    return this.#plan;
  }

  /** What of the destinations is of no use. */
  get problems(): readonly Problem[] {
    return this.#problem ? [this.#problem] : [];
  }

  /** Takes a new configuration of the machine: settings at once, places as soon as what is under way has ended. */
  configure(configuration: string, plan: MachinePlan, givers: Givers): void {
    this.#plan = plan;
    this.manager.configure(dataManagerSettings(plan, this.#log));
    this.#problem = this.#takeDestinations(configuration);
    this.#follow(() => this.#followDestinations());
    this.#follow(() => this.#followCaptureDirectory(givers));
  }

  /** Our cloud is elsewhere now, or known by another key. */
  reach(cloud: OurCloud): void {
    this.#destinations.reach(cloud);
    this.#follow(() => this.#followDestinations());
  }

  /** Resolves when all that was configured has come into effect. */
  followed(): Promise<void> {
    return this.#following;
  }

  /** @param step never rejects */
  #follow(step: () => Promise<void>): void {
    this.#following = this.#following.then(step);
  }

  #takeDestinations(configuration: string): Problem | undefined {
    try {
      this.#destinations.configure(configuration);
      return undefined;
    } catch (error) {
      const { message } = asError(error);
      this.#log.error({ error: message }, 'configuration: what is delivered goes where it went');
      return { severity: 'error', code: 'wrong-type', path: 'destinations', message };
    }
  }

  async #followDestinations(): Promise<void> {
    try {
      await this.manager.deliverTo((ownerOf) => this.#destinations.open(ownerOf));
    } catch (error) {
      this.#log.error({ error: asError(error).message }, 'the destinations were not changed');
    }
  }

  /** Parts keep what they have for the moment that it takes. */
  async #followCaptureDirectory({ hold, moved }: Givers): Promise<void> {
    const path = captureDirectory(this.#plan);
    if (path === this.manager.captureDirectory) return;
    const resume = hold('the capture directory is another one now');
    try {
      await this.manager.moveTo(path, moved);
    } catch (error) {
      const { captureDirectory: kept } = this.manager;
      this.#log.error(
        { path, kept, error: asError(error).message },
        'configuration: capture_dir cannot be used, what is captured goes where it went',
      );
    } finally {
      resume();
    }
  }
}
