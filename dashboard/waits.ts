/** What the page says of a part's connection, and of what is waited for: who tries, and when again. */
import type { PartView } from '@sluice/gateway/page-api/state';
import { dayTime, duration, left } from './dom';
import type { SimulationView } from './simulation';

/** ms by which a part that sleeps may come late before it counts as away. */
const patience = 120_000;
/** ms in which a board looks for its WiFi often, and how often it does then and later (modules/device/network). */
const haste = 600_000;
const often = '5 s';
const seldom = '30 s';

export interface Waiting {
  isGood: boolean;
  /** In few words. */
  state: string;
  /** What is waited for; empty: nothing. */
  wait: string;
}

export function waitingOf(part: PartView, now: number): Waiting {
  const { connected, since, asleepUntil = 0, refused } = part;
  if (connected) {
    const state = since === null ? 'connected' : `connected since ${dayTime(since, now)}`;
    return { isGood: true, state, wait: part.statusAt === null ? 'waiting for its first report' : '' };
  }
  if (now < asleepUntil + patience) return asleep(asleepUntil, now);
  const wait = waitOf(part, now);
  if (refused) return { isGood: false, state: `refused since ${dayTime(refused.since, now)}`, wait };
  if (since === null) return { isGood: false, state: 'not seen yet', wait };
  const why = part.endedBy && part.endedBy !== 'closed' ? `: ${part.endedBy}` : '';
  const state = `away since ${dayTime(since, now)}, ${duration(now - since)}${why}`;
  return { isGood: false, state, wait };
}

function asleep(until: number, now: number): Waiting {
  const state = `asleep until ${dayTime(until, now)}`;
  const wait =
    now < until ? `it captures, and is back in ${left(until, now)}` : 'it is expected at any moment';
  return { isGood: true, state, wait };
}

function waitOf({ since, extension, refused }: PartView, now: number): string {
  const period = since !== null && now - since > haste ? seldom : often;
  const simulation = extension?.simulation as SimulationView | undefined;
  if (simulation) return simulated(simulation, period, now);
  if (refused) return 'it goes on trying: what it is told is below';
  if (since === null) return 'it has never dialled this gateway: is it flashed, and in reach of its WiFi?';
  return `it captures, and looks for its WiFi every ${period}, then for this gateway`;
}

function simulated({ wifi, running, again }: SimulationView, period: string, now: number): string {
  if (!running && again !== undefined) return `its process has died: trying again in ${left(again, now)}`;
  if (!running) return 'the board is starting';
  if (!wifi) return 'WiFi is off, the board keeps what it captures';
  return `WiFi is on, the board is looking for it every ${period}`;
}
