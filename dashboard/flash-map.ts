/** The flash, sector by sector: how lately each was written (epoch) and how often erased (wear). */
import type { FlashView } from '@sluice/gateway/page-api/state';
import { count, element, setText } from './dom';

/** What a colour means. */
const states = {
  head: 'being written',
  live: 'holds blocks that wait; the paler, the older',
  free: 'written, nothing of it waits',
  blank: 'not written yet',
  failed: 'failed',
} as const;
type State = keyof typeof states;

export class FlashMap {
  readonly root = element('section', { className: 'card', hidden: true, data: { flash: '' } });
  readonly #summary = element('p', { className: 'quiet' });
  readonly #cells = element('div', { className: 'sectors' });
  readonly #legend = new Map<State, HTMLElement>();

  constructor() {
    for (const [state, meaning] of Object.entries(states))
      this.#legend.set(state as State, element('li', {}, element('i', { className: state }), meaning));
    this.root.append(
      element('h3', {}, 'Flash'),
      this.#summary,
      this.#cells,
      element('ul', { className: 'legend' }, ...this.#legend.values()),
    );
  }

  show(flash: FlashView | undefined): void {
    this.root.hidden = !flash;
    if (!flash) return;
    const { wear, epochs, live, sectorBytes } = flash;
    while (this.#cells.childElementCount < wear.length) this.#cells.append(element('i'));
    while (this.#cells.childElementCount > wear.length) this.#cells.lastElementChild!.remove();
    const newest = Math.max(...epochs);
    const there = new Set<State>();
    for (const [index, cell] of [...this.#cells.children].entries())
      there.add(show(cell as HTMLElement, index, flash, newest));
    for (const [state, entry] of this.#legend) entry.hidden = !there.has(state);
    const good = wear.filter((erases) => erases >= 0);
    const failed = wear.length - good.length;
    const blocks = live.reduce((sum, each) => sum + each, 0);
    const facts = [
      `${count(wear.length)} sectors of ${count(sectorBytes / 1024)} KiB`,
      `${count(blocks)} blocks wait`,
      ...(good.length > 0 ? [`erased ${count(Math.min(...good))} to ${count(Math.max(...good))} times`] : []),
    ];
    if (failed > 0) facts.push(`${count(failed)} failed`);
    setText(this.#summary, facts.join(', '));
  }
}

/** Filled: blocks in it still count. Brightness is recency: the newest sector is full, one a whole turn older is faint. */
function show(cell: HTMLElement, index: number, flash: FlashView, newest: number): State {
  const [erases, epoch, blocks] = [flash.wear[index]!, flash.epochs[index]!, flash.live[index]!];
  const state = stateOf(erases, epoch, blocks, newest);
  if (cell.className !== state) cell.className = state;
  const age = Math.min(1, (newest - epoch) / flash.epochs.length);
  const opacity = state === 'live' ? (1 - 0.7 * age).toFixed(2) : '';
  if (cell.style.opacity !== opacity) cell.style.opacity = opacity;
  const facts = [`sector ${index}`, states[state]];
  if (epoch > 0) facts.push(`epoch ${epoch}`, `${blocks} blocks that count`);
  if (erases >= 0) facts.push(`erased ${erases} times`);
  const title = facts.join(', ');
  if (cell.title !== title) cell.title = title;
  return state;
}

function stateOf(erases: number, epoch: number, blocks: number, newest: number): State {
  if (erases < 0) return 'failed';
  if (epoch === 0) return 'blank';
  if (epoch === newest) return 'head';
  return blocks > 0 ? 'live' : 'free';
}
