/** The flash, sector by sector: how lately each was written (epoch) and how often erased (wear). */
import type { FlashView } from '../gateway/api/state';
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
    const { wear, epochs, sectorBytes } = flash;
    while (this.#cells.childElementCount < wear.length) this.#cells.append(element('i'));
    while (this.#cells.childElementCount > wear.length) this.#cells.lastElementChild!.remove();
    const good = wear.filter((erases) => erases >= 0);
    const newest = Math.max(...epochs);
    const [least, most] = [Math.min(...good), Math.max(...good)];
    for (const [index, cell] of [...this.#cells.children].entries()) {
      show(cell as HTMLElement, index, wear[index]!, epochs[index] ?? 0, newest, wear.length);
    }
    const retired = wear.length - good.length;
    setText(
      this.#summary,
      `${count(wear.length)} sectors of ${count(sectorBytes / 1024)} KiB, erased ${count(least)} to ${count(most)} times` +
        (retired > 0 ? `, ${count(retired)} retired` : ''),
    );
  }
}

/** Brightness is recency: the newest sector is full, one a whole turn older is empty. */
function show(
  cell: HTMLElement,
  index: number,
  wear: number,
  epoch: number,
  newest: number,
  sectors: number,
): void {
  const age = epoch === 0 ? 1 : Math.min(1, (newest - epoch) / sectors);
  const state = wear < 0 ? 'retired' : epoch === 0 ? 'blank' : epoch === newest ? 'head' : 'written';
  if (cell.className !== state) cell.className = state;
  const opacity = state === 'written' ? (1 - 0.8 * age).toFixed(2) : '';
  if (cell.style.opacity !== opacity) cell.style.opacity = opacity;
  const title = `sector ${index}: ${state}${epoch ? `, epoch ${epoch}` : ''}${wear >= 0 ? `, erased ${wear} times` : ''}`;
  if (cell.title !== title) cell.title = title;
}
