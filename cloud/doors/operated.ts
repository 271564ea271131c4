/** What an operator is shown of a cloud, and may ask of it. */
import type { StageStatus } from '../stages/runner';
import type { Counters } from './counters';

export interface DeadLetterView {
  letter: number;
  position: number;
  app_id: string;
  dev_id: string;
  arrived: string;
  reason: string;
}

export interface Operated {
  counters: Counters;
  stages(): StageStatus[];
  /** undefined: no such stage. */
  deadLetters(stage: string): Promise<DeadLetterView[] | undefined>;
  retryDeadLetters(stage: string): Promise<{ stored: number; left: number } | undefined>;
  /** A stage that is detached goes on at the oldest arrival there is. Resolves to how many it has missed. */
  attachStage(stage: string): Promise<{ missed: number } | undefined>;
  /** Bytes of the inbox, of the disk's free room, and of memory for names. */
  volumes(): { inbox: number; free: number | undefined; names: number; isFull: boolean };
}
