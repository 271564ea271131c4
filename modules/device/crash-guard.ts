/**
 * What a device that crashes again and again gives up, and for how long: never capture because of its network.
 *
 * From the second crash in a row on it captures alone: the network waits for a minute, after each further crash twice as
 * long, up to an hour. If it crashes even so, it is what it captures that brings it down: `heavy`, and in the end it starts
 * without a configuration, with the network, so that it can be reached. `crashes` and `alone` in NVS; power-on begins anew.
 */
import { note, type Preferences } from './settings';

/** Crashes in a row that change nothing, and after which a device that crashes alone captures nothing. */
const mostAtOnce = 1;
const mostAlone = 6;
/** ms that the network waits: at first, doubling, and at last. */
const firstWait = 60_000;
const longestWait = 3_600_000;

export interface CrashJudgement {
  /** In a row, up to this boot. */
  crashes: number;
  /** ms that the network has to wait. */
  wait: number;
  /** It crashed although it captured alone: it may be too much. */
  heavy: boolean;
  /** It does so again and again: it captures nothing. */
  bare: boolean;
}

/** Once a boot. @param crashed the last boot ended by an abort, a panic or a watchdog */
export function judgeCrashes(preferences: Preferences, crashed: boolean): CrashJudgement {
  const wasAlone = preferences.get('alone') === true;
  const crashes = countCrashes(preferences, crashed);
  const many = crashes > mostAtOnce;
  const heavy = many && wasAlone;
  const bare = heavy && crashes > mostAlone;
  const alone = many && !bare;
  if (alone !== wasAlone) {
    if (alone) note(preferences, 'alone', true);
    else preferences.delete('alone');
  }
  const wait = alone ? Math.min(longestWait, firstWait * 2 ** (crashes - mostAtOnce - 1)) : 0;
  return { crashes, wait, heavy, bare };
}

/** The network is about to start after its wait: what brings the device down from now on may be the network. */
export function endSolitude(preferences: Preferences): void {
  preferences.delete('alone');
}

/** @returns crashes in a row, this one included; a boot that has proved itself, or power-on, begins anew */
export function countCrashes(preferences: Preferences, crashed: boolean): number {
  const before = Number(preferences.get('crashes') ?? 0);
  const now = crashed ? before + 1 : 0;
  if (now !== before) note(preferences, 'crashes', now);
  return now;
}
