/**
 * Looks after the inbox: what every stage has is removed, a stage that is too far behind is detached, and a disk that
 * fills is noticed while there is room left for what was taken.
 *
 * What holds: a stage is detached for arrivals alone that the raw files have, since nothing else fills it again. The raw
 * files themselves are waited for: where the inbox is at its bound by them, nothing new is taken.
 */
import { asError, SluiceError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import type { Logger } from 'pino';
import type { Inbox } from './inbox/inbox';
import type { Reserves } from './reserves';
import type { StageRunner, StageStatus } from './stages/runner';
import { localStages } from './stages/stage';

export interface KeeperOptions {
  inbox: Inbox;
  runners: readonly StageRunner[];
  storage: Storage;
  directory: string;
  /** Told of each look. */
  looked?(disk: 'roomy' | 'filling' | 'full', stages: readonly StageStatus[]): void;
  reserves: Reserves;
  log: Logger;
  now(): number;
  /** Bytes that the inbox keeps for a stage; with more it is detached, or waited for. Default 4 GiB. */
  mostBytes?: number;
  /** Milliseconds that a stage may be behind while this runs: what waited through a pause is no fault of its. Default 7 days. */
  mostAge?: number;
  /** Bytes of the disk that new arrivals leave to the stages. Default 256 MiB. */
  reserve?: number;
}

const interval = 2_000;
const defaultReserve = 256 << 20;
/** Of the reserve: with less left, it is told that the disk fills. */
const early = 4;

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;
  #free: number | undefined;
  readonly #begun: number;
  /** The stage by which the inbox is at its bound. */
  #waitedFor: string | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#begun = options.now();
    this.#timer = setInterval(() => void this.look(), interval);
    this.#timer.unref();
  }

  /** Bytes free on the disk, as seen last. */
  get free(): number | undefined {
    return this.#free;
  }

  get isFull(): boolean {
    return this.#free !== undefined && this.#free < this.#reserve;
  }

  /** Nothing new is taken soon, unless there is made room. */
  get isFilling(): boolean {
    return !this.isFull && this.#free !== undefined && this.#free < early * this.#reserve;
  }

  /** @param bytes that are to come @throws SluiceError disk-full: nothing new is taken */
  admit(bytes = 0): void {
    if (this.#free !== undefined && this.#free - bytes < this.#reserve)
      throw new SluiceError('disk-full', 'the disk is full: nothing is taken until there is room');
  }

  /** As `admit`, of what goes into the inbox. @throws SluiceError disk-full, stage-behind */
  admitArrivals(): void {
    this.admit();
    const stage = this.#waitedFor;
    if (stage === undefined) return;
    const message = `the stage ${stage} is too far behind: nothing is taken until it goes on`;
    throw new SluiceError('stage-behind', message, { data: { stage } });
  }

  /** Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error) =>
        this.#options.log.error({ error: asError(error).message }, 'the inbox is not looked after'),
      )
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  get #reserve(): number {
    return this.#options.reserve ?? defaultReserve;
  }

  async #look(): Promise<void> {
    const { inbox, storage, directory } = this.#options;
    const before = this.#disk;
    this.#free = await storage.freeSpace(directory);
    if (this.#disk !== before) this.#tell();
    await inbox.trim();
    await this.#detach();
    await inbox.trim();
    this.#wait();
    await this.#options.reserves.refill();
    const { looked, runners, now } = this.#options;
    looked?.(
      this.#disk,
      runners.map((runner) => runner.status(now())),
    );
  }

  get #disk(): 'full' | 'filling' | 'roomy' {
    if (this.isFull) return 'full';
    return this.isFilling ? 'filling' : 'roomy';
  }

  #tell(): void {
    const { log } = this.#options;
    const figures = { free: this.#free, reserve: this.#reserve };
    if (this.isFull) log.error(figures, 'the disk is full: nothing is taken');
    else if (this.isFilling) log.warn(figures, 'the disk fills: of the reserve nothing is taken');
    else log.info(figures, 'the disk has room');
  }

  /** The one that is furthest behind, where the raw files have what it has not. */
  async #detach(): Promise<void> {
    const { now, mostAge = 7 * 86_400_000 } = this.#options;
    const mostBytes = this.#mostBytes;
    const attached = this.#attached();
    const raw = attached.find(({ name }) => name === localStages.rawFiles);
    const [last] = attached.sort((a, b) => b.heldBytes - a.heldBytes);
    if (raw === undefined || last === undefined || last.heldBytes <= raw.heldBytes) return;
    const { behind } = last.status(now());
    if (last.heldBytes > mostBytes)
      await last.detach(`is behind by more than ${mostBytes} bytes of the inbox`);
    else if (behind.arrivals > 0 && Math.min(behind.milliseconds, now() - this.#begun) > mostAge)
      await last.detach(`is behind by more than ${mostAge / 1000} s`);
  }

  /** Decides whether there is a stage that nothing is taken for until it goes on. */
  #wait(): void {
    const { log } = this.#options;
    const attached = this.#attached();
    const raw = attached.find(({ name }) => name === localStages.rawFiles);
    // Without raw files nobody is filled again: each is waited for.
    const stuck = (raw === undefined ? attached : [raw]).find(({ heldBytes }) => heldBytes > this.#mostBytes);
    if (stuck?.name === this.#waitedFor) return;
    this.#waitedFor = stuck?.name;
    if (stuck === undefined) log.info('the inbox has room again');
    else log.error({ stage: stuck.name }, 'a stage is too far behind: nothing is taken until it goes on');
  }

  #attached(): StageRunner[] {
    const { runners, now } = this.#options;
    return runners.filter((runner) => runner.status(now()).state !== 'detached');
  }

  get #mostBytes(): number {
    return this.#options.mostBytes ?? 4 * 2 ** 30;
  }
}
