/** The loss ledger: every loss has a stream, a cause and a span of time. */
import type { LossView, StreamView } from '@sluice/gateway/page-api/state';
import { clockTime, count, element } from './dom';
import { titleOf } from './plot';

const shown = 50;

export class Losses {
  readonly root = element('section', { className: 'card', data: { losses: '' } });
  readonly #list = element('div', { className: 'scroll' });
  #last = '';

  constructor() {
    this.root.append(element('h3', {}, 'Lost, and why'), this.#list);
  }

  show(losses: readonly LossView[], streams: readonly StreamView[]): void {
    const state = JSON.stringify(losses);
    if (state === this.#last) return;
    this.#last = state;
    if (losses.length === 0) {
      this.#list.replaceChildren(element('p', { className: 'quiet' }, 'Nothing.'));
      return;
    }
    const titles = new Map(streams.map((stream) => [stream.key, titleOf(stream)]));
    const rows = losses
      .slice(-shown)
      .reverse()
      .map(({ stream, cause, start, end, ...amount }) =>
        element(
          'tr',
          {},
          element('th', {}, titles.get(stream) ?? stream),
          element('td', {}, howMany(amount)),
          element('td', {}, cause),
          element('td', {}, start === null || end === null ? '' : `${clockTime(start)} – ${clockTime(end)}`),
        ),
      );
    const more = losses.length - shown;
    this.#list.replaceChildren(
      element('table', { className: 'losses' }, element('tbody', {}, ...rows)),
      ...(more > 0 ? [element('p', { className: 'quiet' }, `and ${count(more)} before`)] : []),
    );
  }
}

function howMany({
  readings,
  lowerBound,
  atMost,
}: Pick<LossView, 'readings' | 'lowerBound' | 'atMost'>): string {
  if (!lowerBound || readings === atMost) return count(readings);
  return atMost === undefined ? `at least ${count(readings)}` : `${count(readings)} to ${count(atMost)}`;
}
