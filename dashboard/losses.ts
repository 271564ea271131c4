/** The loss ledger: every loss has a stream, a cause and a span of time; and what all of them come to. */
import type { LossView } from '@sluice/gateway/page-api/state';
import { count, element, setText, spanText } from './dom';
import { titleOf } from './stream-title';

const shown = 50;

/** In words; others as the part calls them. */
const causes: Record<string, string> = {
  quota: 'its ring was full',
  index: 'its ring had more blocks than it can name',
  removed: 'its collector was removed',
  worn: 'its flash is worn out',
  flash: 'its flash did not keep it',
  'earlier boot': 'what was kept of an earlier boot gave way',
  reboot: 'the board started again',
  'outbox-full': 'the gateway had no room',
};

export class Losses {
  readonly root = element('section', { className: 'card', data: { losses: '' } });
  readonly #total = element('p', { data: { total: '' } });
  readonly #list = element('div', { className: 'scroll' });
  #last = '';

  constructor() {
    this.root.append(element('h3', {}, 'Lost, and why'), this.#total, this.#list);
  }

  show(losses: readonly LossView[], forgotten: number, now: number): void {
    const state = JSON.stringify([losses, forgotten]);
    if (state === this.#last) return;
    this.#last = state;
    setText(this.#total, totalText(losses, forgotten));
    this.#total.className = losses.length === 0 ? 'quiet' : '';
    const rows = losses
      .slice(-shown)
      .reverse()
      .map((loss) => rowOf(loss, now));
    const more = losses.length - shown;
    this.#list.replaceChildren(
      ...(rows.length > 0 ? [element('table', { className: 'losses' }, element('tbody', {}, ...rows))] : []),
      ...(more > 0 ? [element('p', { className: 'quiet' }, `and ${count(more)} before`)] : []),
    );
  }
}

function rowOf(loss: LossView, now: number): HTMLElement {
  const { stream, name, cause, start, end } = loss;
  return element(
    'tr',
    {},
    element('th', {}, name ? titleOf(name) : stream),
    element('td', {}, howMany(loss)),
    element('td', { data: { cause } }, causes[cause] ?? cause),
    element('td', {}, start === null || end === null ? '' : spanText(start, end, now)),
  );
}

type Amount = Pick<LossView, 'readings' | 'lowerBound' | 'atMost'>;

/** `12`, `at least 12`, `at most 40`, `at least 12, at most 40` */
export function howMany({ readings, lowerBound, atMost }: Amount): string {
  if (!lowerBound || readings === atMost) return count(readings);
  if (atMost === undefined) return `at least ${count(readings)}`;
  return readings === 0
    ? `at most ${count(atMost)}`
    : `at least ${count(readings)}, at most ${count(atMost)}`;
}

/** Of all, also of those that are not shown. */
export function totalText(losses: readonly LossView[], forgotten: number): string {
  if (losses.length === 0) return 'Nothing.';
  const sum = (of: (loss: LossView) => number) => losses.reduce((total, loss) => total + of(loss), 0);
  const isOpen = forgotten > 0 || losses.some(({ lowerBound, atMost }) => lowerBound && atMost === undefined);
  const amount = {
    readings: sum(({ readings }) => readings),
    lowerBound: isOpen || losses.some(({ lowerBound }) => lowerBound),
    ...(isOpen ? {} : { atMost: sum(({ readings, atMost = readings }) => atMost) }),
  };
  const streams = new Set(losses.map(({ stream }) => stream)).size;
  const older = forgotten > 0 ? `; ${count(forgotten)} older losses are not kept one by one` : '';
  return `In all ${howMany(amount)} readings of ${streams} ${streams === 1 ? 'stream' : 'streams'}${older}.`;
}
