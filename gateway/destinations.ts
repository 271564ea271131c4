/**
 * Where this gateway syncs to: our own cloud always, Viam's and the IoT platform as the machine's configuration says.
 *
 * What holds: a destination whose plan is the same after a change is the same one, and does not notice.
 */
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

/** Ours. */
export interface OurCloud {
  address: string;
  appId: string;
  key?: string;
}

export interface DestinationsOptions {
  /** The machine's, JSON. */
  configuration: string;
  /** The main part's name. */
  main: string;
  cloud: OurCloud;
  /** What the main calls a part; undefined: it is the main itself. */
  remote(part: string): string | undefined;
  /** Whether, as the configuration of now says, deleting a part in the cloud deletes what it captured. */
  isDeletedWithPart(): boolean;
  log: Logger;
}

type Plan =
  | { name: string; type: 'block-door'; options: OurCloud }
  | { name: string; type: 'viam-data-sync'; options: ViamCloud }
  | PlatformDestinationPlan;

interface Opened {
  /** Its plan, as text: two with the same are the same. */
  plan: string;
  destination: Destination<Item>;
}

/** In which outbox an item is. */
type OwnerOf = (item: Item) => Outbox;

export class Destinations {
  readonly #options: DestinationsOptions;
  #cloud: OurCloud;
  /** Those that the machine's configuration has. */
  #configured: Plan[];
  #opened: Opened[] = [];

  /** @throws Error that names what of the configuration is wrong */
  constructor(options: DestinationsOptions) {
    const { configuration, cloud } = options;
    this.#options = options;
    this.#cloud = cloud;
    this.#configured = plansOf(configuration);
  }

  get names(): string[] {
    return this.#plans.map(({ name }) => name);
  }

  /** Takes another configuration of the machine, for the next `open`. @throws as the constructor: those of before stay */
  configure(configuration: string): void {
    this.#configured = plansOf(configuration);
  }

  /** Our cloud is elsewhere, for the next `open`. */
  reach(cloud: OurCloud): void {
    this.#cloud = cloud;
  }

  /** Those of now; who had the last ones closes those that are not among them. */
  open(ownerOf: OwnerOf): Destination<Item>[] {
    this.#opened = this.#plans.map((each) => {
      const plan = JSON.stringify(each);
      const known = this.#opened.find((opened) => opened.plan === plan);
      return known ?? { plan, destination: this.#to(each, ownerOf) };
    });
    return this.#opened.map(({ destination }) => destination);
  }

  get #plans(): Plan[] {
    return [{ name: ourCloud, type: 'block-door', options: this.#cloud }, ...this.#configured];
  }

  #to(plan: Plan, ownerOf: OwnerOf): Destination<Item> {
    if (plan.type === 'block-door') return this.#toOurs(plan.options, ownerOf);
    if (plan.type === 'viam-data-sync') return this.#toViam(plan.options, ownerOf);
    return this.#toPlatform(plan, ownerOf);
  }

  #toOurs(cloud: OurCloud, ownerOf: OwnerOf): Destination<Item> {
    const { main, remote, isDeletedWithPart } = this.#options;
    return destinationTypes['block-door'].open<Item>(ourCloud, {
      ...cloud,
      main,
      read: (item) =>
        cloudUpload(ownerOf(item), item, { main, deleteDataOnPartDeletion: isDeletedWithPart() }),
      remote: ({ metadata }) => remote(metadata.part),
    });
  }

  #toViam(viamCloud: ViamCloud, ownerOf: OwnerOf): Destination<Item> {
    return destinationTypes['viam-data-sync'].open<Item>(viamsCloud, {
      ...viamCloud,
      main: this.#options.main,
      read: (item) => viamUpload(ownerOf(item), item),
      onDoubt: (item, readings) => this.#doubt(ownerOf(item), item, viamsCloud, readings),
    });
  }

  #doubt(outbox: Outbox, item: Item, destination: string, readings: number): void {
    outbox.doubted(item, destination, readings);
    const { log } = this.#options;
    log.warn({ in: 'sync', destination, readings }, 'an answer was lost: they may be there twice');
  }

  #toPlatform(plan: PlatformDestinationPlan, ownerOf: OwnerOf): Destination<Item> {
    const { remote } = this.#options;
    const read = (item: Item) => platformUpload(ownerOf(item), item, remote(item.metadata.part));
    const onDoubt = (item: Item, messages: number) => this.#doubt(ownerOf(item), item, plan.name, messages);
    return plan.type === 'platform-mqtt'
      ? destinationTypes[plan.type].open<Item>(plan.name, { ...plan.options, read, onDoubt })
      : destinationTypes[plan.type].open<Item>(plan.name, { ...plan.options, read, onDoubt });
  }
}

function plansOf(configuration: string): Plan[] {
  const viam = viamCloudOf(configuration);
  return [
    ...(viam ? [{ name: viamsCloud, type: 'viam-data-sync' as const, options: viam }] : []),
    ...platformDestinationsOf(configuration, [ourCloud, viamsCloud]),
  ];
}
