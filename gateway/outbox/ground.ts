/**
 * What an outbox stands on before its log is open: its disk and its clock, what it holds, and where that lies. A start
 * recovers it (`start.ts`), and the workers work on it (`workers.ts`).
 */
import { join } from 'node:path';
import { type Clock, systemClock } from '@sluice/common/clock';
import { Events } from '@sluice/common/events';
import { Reserve } from '@sluice/common/reserve';
import { NodeStorage, PatientStorage } from '@sluice/common/storage';
import { CaptureFiles } from './capture-files';
import { DeliveredNotes } from './delivered-notes';
import { KeptData } from './kept-data';
import { defaultFileBytes, type OutboxEvents, type OutboxOptions } from './options';
import type { Recovery } from './recovery-context';
import { OutboxState } from './state';
import { UnsyncedFiles } from './stored-files';

export interface Ground extends Recovery {
  readonly options: OutboxOptions;
  /** Until it has started, it is asked again where it fails. */
  readonly storage: PatientStorage;
  readonly clock: Clock;
  readonly journalBytes: number;
  readonly events: Events<OutboxEvents>;
  readonly reserve: Reserve;
  readonly kept: KeptData;
}

/** Beside the capture files: log, snapshot, what others keep here. */
const homeName = '.sluice';
const keptName = 'parts.json';
const leastJournal = 1 << 16;

export function groundOf(options: OutboxOptions): Ground {
  const { path: root, destinations = ['cloud'], clock = systemClock } = options;
  const home = join(root, homeName);
  const journalBytes = Math.max(leastJournal, options.journalBytes ?? 16 << 20);
  const onProblem = (path: string, error: Error) => options.onProblem?.(path, error);
  const storage = new PatientStorage(options.storage ?? new NodeStorage(), (milliseconds) =>
    pause(clock, milliseconds),
  );
  const events = new Events<OutboxEvents>((problem) => onProblem(root, problem));
  const state = new OutboxState(root, destinations, () => clock.wall());
  const unsynced = new UnsyncedFiles(root, storage, onProblem);
  const notes = new DeliveredNotes(home, storage, unsynced);
  const kept = new KeptData(storage, join(home, keptName), onProblem, options.checkKept);
  // A checkpoint is made at so much of log, all of which may have to go to files.
  const reserve = new Reserve({ path: join(home, 'reserve'), storage, bytes: journalBytes / 2, onProblem });
  const { items, account, unread } = state;
  const files = new CaptureFiles({
    root,
    storage,
    unsynced,
    unread,
    clock,
    maximumBytes: options.maximumFileBytes ?? defaultFileBytes,
    heldBytes: options.heldBytes ?? 8 << 20,
    onProblem,
    onComplete: (reference, file) => {
      items.add(reference, file);
      if (events.has('complete')) events.emit('complete', items.waiting.get(reference.key)!);
    },
    onDisplaced: (from, to) => items.displace(from, to),
    onGone: (metadata, count) => {
      const collector = account.of(metadata);
      state.gone(collector, count);
      events.emit('gone', { collector, count });
    },
  });
  const beneath = { options, root, home, storage, clock, journalBytes };
  return { ...beneath, events, state, files, unsynced, notes, reserve, kept, onProblem };
}

/** Of a clock whose timers keep no process alive, and nothing else may while it starts. */
function pause(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const alive = setTimeout(() => undefined, milliseconds + 1_000);
    clock.after(milliseconds, () => {
      clearTimeout(alive);
      resolve();
    });
  });
}
