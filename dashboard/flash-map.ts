/** The flash, sector by sector: how lately each was written (epoch) and how often erased (wear). */
import type { FlashView } from '@sluice/gateway/page-api/state';
import { count, element, setText } from './dom';

export class FlashMap {
  readonly root = element('section', { className: 'card', hidden: true });
  readonly #summary = element('p', { className: 'quiet' });
  readonly #cells = element('div', { className: 'sectors' });

  constructor() {
    this.root.append(element('h3', {}, 'Flash'), this.#summary, this.#cells);
  }

  show(flash: FlashView | undefined): void {
    this.root.hidden = !flash;
    if (!flash) return;
    const { wear, epochs, live, sectorBytes } = flash;
    while (this.#cells.childElementCount < wear.length) this.#cells.append(element('i'));
    while (this.#cells.childElementCount > wear.length) this.#cells.lastElementChild!.remove();
    const newest = Math.max(...epochs);
    for (const [index, cell] of [...this.#cells.children].entries()) {
      show(cell as HTMLElement, index, flash, newest);
    }
    const good = wear.filter((erases) => erases >= 0);
    const failed = wear.length - good.length;
    const blocks = live.reduce((sum, each) => sum + each, 0);
    const facts = [
      `${count(wear.length)} sectors of ${count(sectorBytes / 1024)} KiB`,
      `${count(blocks)} blocks wait`,
      `erased ${count(Math.min(...good))} to ${count(Math.max(...good))} times`,
    ];
    if (failed > 0) facts.push(`${count(failed)} failed`);
    setText(this.#summary, facts.join(', '));
  }
}

/** Filled: blocks in it still count. Brightness is recency: the newest sector is full, one a whole turn older is faint. */
function show(cell: HTMLElement, index: number, { wear, epochs, live }: FlashView, newest: number): void {
  const [erases, epoch, blocks] = [wear[index]!, epochs[index]!, live[index]!];
  const state =
    erases < 0 ? 'failed' : epoch === 0 ? 'blank' : epoch === newest ? 'head' : blocks > 0 ? 'live' : 'free';
  if (cell.className !== state) cell.className = state;
  const age = Math.min(1, (newest - epoch) / epochs.length);
  const opacity = state === 'live' || state === 'free' ? (1 - 0.7 * age).toFixed(2) : '';
  if (cell.style.opacity !== opacity) cell.style.opacity = opacity;
  const facts = [`sector ${index}`, state];
  if (epoch > 0) facts.push(`epoch ${epoch}`, `${blocks} blocks that count`);
  if (erases >= 0) facts.push(`erased ${erases} times`);
  const title = facts.join(', ');
  if (cell.title !== title) cell.title = title;
}
