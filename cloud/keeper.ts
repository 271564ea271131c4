/**
 * Looks after the inbox: what every stage has is removed, a stage that is too far behind is detached, and a disk that
 * fills is noticed while there is room left for what was taken.
 */
import { asError, SluiceError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import type { Logger } from 'pino';
import type { Inbox } from './inbox/inbox';
import type { Reserves } from './reserves';
import type { StageRunner, StageStatus } from './stages/runner';

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
  /** Bytes of the inbox above which the stage that is furthest behind is detached. Default 4 GiB. */
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

  async #detach(): Promise<void> {
    const { inbox, runners, now, mostBytes = 4 * 2 ** 30, mostAge = 7 * 86_400_000 } = this.#options;
    const attached = runners
      .map((runner) => ({ runner, ...runner.status(now()) }))
      .filter(({ state }) => state !== 'detached')
      .sort((a, b) => a.position - b.position);
    const [last] = attached;
    if (last === undefined || last.behind.arrivals === 0) return;
    const { runner, behind } = last;
    if (inbox.bytes > mostBytes)
      await runner.detach(`is behind by more than ${mostBytes} bytes of the inbox`);
    else if (Math.min(behind.milliseconds, now() - this.#begun) > mostAge)
      await runner.detach(`is behind by more than ${mostAge / 1000} s`);
  }
}
