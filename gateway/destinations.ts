/** Where this gateway syncs to: our own cloud always, Viam's and the IoT platform as the machine's configuration says. */
import type { Logger } from 'pino';
import { cloudUpload } from './cloud-upload';
import type { Item } from './outbox/items';
import type { Outbox } from './outbox/outbox';
import {
  type PlatformDestinationPlan,
  platformDestinationsOf,
  platformUpload,
} from './platform-destinations';
import type { Destination } from './sync/destination';
import { destinationTypes } from './sync/destinations';
import { type ViamCloud, viamCloudOf, viamUpload } from './viam-cloud';

/** The name of our cloud's block door among the destinations. */
export const ourCloud = 'cloud';
/** The name of Viam's. */
const viamsCloud = 'viam';

export interface DestinationsOptions {
  /** The machine's, JSON. */
  configuration: string;
  /** The main part's name. */
  main: string;
  /** Ours. */
  cloud: { address: string; appId: string; key?: string };
  /** What the main calls a part; undefined: it is the main itself. */
  remote(part: string): string | undefined;
  /** Whether, as the configuration of now says, deleting a part in the cloud deletes what it captured. */
  isDeletedWithPart(): boolean;
  log: Logger;
}

export class Destinations {
  readonly #options: DestinationsOptions;
  readonly #viam: ViamCloud | undefined;
  readonly #platform: PlatformDestinationPlan[];

  /** @throws Error that names what of the configuration is wrong */
  constructor(options: DestinationsOptions) {
    const { configuration } = options;
    this.#options = options;
    this.#viam = viamCloudOf(configuration);
    this.#platform = platformDestinationsOf(configuration, [ourCloud, viamsCloud]);
  }

  get names(): string[] {
    return [ourCloud, ...(this.#viam ? [viamsCloud] : []), ...this.#platform.map(({ name }) => name)];
  }

  /** @param ownerOf in which outbox an item is */
  open(ownerOf: (item: Item) => Outbox): Destination<Item>[] {
    return [
      this.#toOurs(ownerOf),
      ...(this.#viam ? [this.#toViam(this.#viam, ownerOf)] : []),
      ...this.#platform.map((plan) => this.#toPlatform(plan, ownerOf)),
    ];
  }

  #toOurs(ownerOf: (item: Item) => Outbox): Destination<Item> {
    const { cloud, main, remote, isDeletedWithPart } = this.#options;
    return destinationTypes['block-door'].open<Item>(ourCloud, {
      ...cloud,
      main,
      read: (item) =>
        cloudUpload(ownerOf(item), item, { main, deleteDataOnPartDeletion: isDeletedWithPart() }),
      remote: ({ metadata }) => remote(metadata.part),
    });
  }

  #toViam(viamCloud: ViamCloud, ownerOf: (item: Item) => Outbox): Destination<Item> {
    const { main, log } = this.#options;
    return destinationTypes['viam-data-sync'].open<Item>(viamsCloud, {
      ...viamCloud,
      main,
      read: (item) => viamUpload(ownerOf(item), item),
      onDoubt: (readings) =>
        log.warn(
          { in: 'sync', destination: viamsCloud, readings },
          'an answer was lost: they may be there twice',
        ),
    });
  }

  #toPlatform(plan: PlatformDestinationPlan, ownerOf: (item: Item) => Outbox): Destination<Item> {
    const { remote } = this.#options;
    const read = (item: Item) => platformUpload(ownerOf(item), item, remote(item.metadata.part));
    return plan.type === 'platform-mqtt'
      ? destinationTypes[plan.type].open<Item>(plan.name, { ...plan.options, read })
      : destinationTypes[plan.type].open<Item>(plan.name, { ...plan.options, read });
  }
}
