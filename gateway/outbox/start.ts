/**
 * A start: locks the capture directory, brings back what is in it, and sets its workers to work. What it meets on a disk
 * that fails README.md has in a table.
 */
import { join } from 'node:path';
import { asError, SluiceError } from '@sluice/common/errors';
import { type Lock, lockDirectory } from '@sluice/common/lock';
import { Log, type Position } from '@sluice/common/log';
import { isOfFullDisk } from '@sluice/common/reserve';
import { mayPass } from '@sluice/common/storage';
import { logName, stateName } from './checkpoint';
import { type Ground, groundOf } from './ground';
import type { OutboxOptions } from './options';
import { Replay, recoverFiles, replayJournals, replayLog } from './recovery';
import type { Restored } from './state';
import { Workers } from './workers';

export interface Started {
  workers: Workers;
  lock?: Lock;
}

/** @throws as `Outbox.open` does: then the directory is let go */
export async function start(options: OutboxOptions): Promise<Started> {
  const ground = groundOf(options);
  const logPath = join(ground.home, logName);
  let lock: Lock | undefined;
  try {
    await ground.storage.makeDirectory(logPath);
    // What is not this machine's disk is nobody else's.
    if (options.storage === undefined) lock = await lockDirectory(logPath);
    const workers = await recover(ground, logPath);
    workers.schedule();
    return lock === undefined ? { workers } : { workers, lock };
  } catch (error) {
    lock?.release();
    if (!mayPass(error)) throw error;
    const cause = asError(error);
    const sentence = `the gateway cannot start before its disk can be read: ${cause.message}`;
    throw new SluiceError('outbox-disk-failed', sentence, { path: options.path, cause });
  }
}

async function recover(ground: Ground, logPath: string): Promise<Workers> {
  const { home, storage, state, kept, journalBytes } = ground;
  const configured = [...state.account.destinations];
  const found = await restore(ground);
  // Behind the state: one of a newer release is refused before anything is changed.
  await kept.read();
  const segmentBytes = Math.max(1 << 14, journalBytes >> 3);
  const log = await openLog(ground, { directory: logPath, segmentBytes, atLeast: found.position });
  const position = found.position ?? 0;
  const replay = new Replay(state);
  if (found.generation !== undefined) await replayJournals(ground, found.generation, replay);
  await replayLog(log, position, replay);
  await recoverFiles(ground, replay);
  storage.endPatience();
  const workers = new Workers(ground, { log, position, segmentBytes });
  workers.configure(configured);
  await workers.settlement.endSettled();
  await ground.files.completeOpen(0);
  const made = workers.checkpoints.make();
  // Before the first snapshot of this version nothing may go to its log alone.
  if (found.isOlder && !(await made)) {
    await log.close();
    throw new SluiceError('outbox-disk-failed', `${home} could not be written`, { path: home });
  }
  return workers;
}

async function restore({ home, storage, state }: Ground): Promise<Restored> {
  const path = join(home, stateName);
  const isThere = (await storage.status(path)) !== undefined;
  return isThere ? state.restore(await storage.read(path), path) : { generation: 0, isOlder: true };
}

interface LogPlace {
  directory: string;
  segmentBytes: number;
  atLeast: Position | undefined;
}

function openLog({ storage, clock, reserve, onProblem }: Ground, place: LogPlace): Promise<Log> {
  const { directory, segmentBytes, atLeast } = place;
  const open = () =>
    Log.open({
      directory,
      storage,
      segmentBytes,
      wall: () => clock.wall(),
      ...(atLeast === undefined ? {} : { atLeast }),
      onProblem: (error) => onProblem(directory, error),
    });
  return storage.attempt(open).catch(async (error) => {
    // A start writes the log's last batch anew.
    if (!isOfFullDisk(error) || !(await reserve.giveUp())) throw error;
    return open();
  });
}
