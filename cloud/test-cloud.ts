/**
 * A cloud as a process of its own, to be killed or measured: `tsx cloud/test-cloud.ts DIRECTORY [MILLISECONDS
 * [CONFIGURATION [DAYS [RESERVE]]]]`; prints its HTTP and its MQTT port. Each sync takes so many milliseconds longer, as
 * that of an ordinary SSD; its clock is so many days behind; new arrivals leave so many bytes of the disk to the stages.
 */
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { NodeStorage, type StorageFile } from '@sluice/common/storage';
import { pino } from 'pino';
import { Cloud } from './cloud';
import { readConfiguration } from './configuration';

class SlowStorage extends NodeStorage {
  readonly #delay: number;

  constructor(milliseconds: number) {
    super();
    this.#delay = milliseconds;
  }

  override async open(path: string): Promise<StorageFile> {
    return this.#slow(await super.open(path));
  }

  override async create(path: string): Promise<StorageFile> {
    return this.#slow(await super.create(path));
  }

  override async syncDirectory(path: string): Promise<void> {
    await delay(this.#delay);
    await super.syncDirectory(path);
  }

  #slow(file: StorageFile): StorageFile {
    const sync = file.sync.bind(file);
    file.sync = async () => {
      await delay(this.#delay);
      await sync();
    };
    return file;
  }
}

const [directory, syncDelay = '0', configuration, daysBehind = '0', reserve] = process.argv.slice(2);
if (!directory) throw new Error('a directory is needed');
const storage = Number(syncDelay) > 0 ? new SlowStorage(Number(syncDelay)) : new NodeStorage();
const behind = Number(daysBehind) * 86_400_000;
const cloud = await Cloud.start({
  ...(configuration && readConfiguration(configuration)),
  directory,
  httpPort: 0,
  mqttPort: 0,
  log: pino({ level: 'silent' }),
  storage,
  ...(reserve && { reserve: Number(reserve) }),
  now: () => Date.now() - behind,
});
process.stdout.write(`${cloud.httpPort} ${cloud.mqttPort}\n`);
