/** One stream's plot: its series over the last minutes, one above the other, each with an axis in its colour; gaps shaded. */

import type { HistoryView, StreamView } from '@sluice/gateway/page-api/state';
import uPlot from 'uplot';
import { element, figure, setText } from './dom';
import { narrow, plotOptions } from './plot-options';
import { Series } from './series';
import { titleOf } from './stream-title';

const height = 150;
/** Data older than this is forgotten, in milliseconds. */
const kept = 15 * 60_000;
/** Periods without a sample that make a gap. */
const gapPeriods = 2.5;
/** Series drawn at a time, each with a colour: further ones are chosen. */
const mostDrawn = 4;

interface Field {
  series: Series;
  /** Undefined: it is not drawn. */
  colour: number | undefined;
  button: HTMLButtonElement;
}

export class Plot {
  readonly root: HTMLElement;
  readonly #body = element('div', { className: 'plot-body' });
  readonly #values = element('span', { className: 'plot-value' });
  readonly #note = element('span', { className: 'note', hidden: true });
  readonly #fields = new Map<string, Field>();
  readonly #stepped: boolean;
  readonly #unit: string;
  #period: number;
  #plot: uPlot | undefined;
  #gaps: [number, number][] = [];
  #width = 0;

  constructor(stream: StreamView) {
    this.#period = periodOf(stream);
    this.#stepped = stream.method === 'Gpios';
    this.#unit = stream.unit;
    const rate = stream.frequency > 0 ? `, ${figure(stream.frequency)} Hz` : '';
    this.root = element(
      'figure',
      { className: 'plot', data: { stream: stream.key } },
      element(
        'figcaption',
        {},
        element('strong', {}, titleOf(stream)),
        element('span', { className: 'quiet' }, `${stream.method}${rate}`),
        this.#note,
        this.#values,
      ),
      this.#body,
    );
    new ResizeObserver(() => this.#resize()).observe(this.#body);
  }

  /** Of a stream that runs no more, its card stays for as long as it has something to show. */
  show(stream: StreamView): void {
    this.#period = periodOf(stream);
    this.root.dataset.over = stream.over ?? '';
    this.#note.hidden = !stream.over;
    setText(this.#note, stream.over === 'ended' ? 'ended' : 'not in this boot yet');
  }

  get isEmpty(): boolean {
    return [...this.#fields.values()].every(({ series }) => series.times.length === 0);
  }

  add(series: string, times: readonly number[], values: readonly number[]): void {
    this.#field(series).series.add(times, values);
  }

  addHistory(history: HistoryView['series'][number], until: number, spacing: number): void {
    this.#field(history.series).series.addRanges(history, until, spacing);
  }

  /** Readings in the span, for tests and the caption. */
  draw(from: number, to: number): void {
    for (const { series } of this.#fields.values()) series.forgetBefore(to - kept);
    this.#showValues();
    const drawn = this.#drawn();
    if (drawn.length === 0) return;
    const spans = drawn.map(([, { series }]) => series.span(from, to, this.#period, gapPeriods));
    this.#gaps = spans[0]!.gaps;
    this.root.dataset.gaps = String(this.#gaps.filter(([start]) => start >= from).length);
    this.root.dataset.samples = String(spans[0]!.values.filter((value) => value !== null).length);
    this.root.dataset.first = String(spans[0]!.times[0] ?? '');
    this.#plot ??= this.#make();
    const seconds = spans.map(({ times, values }) => [times.map((time) => time / 1000), values]);
    const data = seconds.length === 1 ? seconds[0] : uPlot.join(seconds as uPlot.AlignedData[], undefined);
    this.#plot.batch(() => {
      this.#plot!.setData(data as uPlot.AlignedData, false);
      this.#plot!.setScale('x', { min: from / 1000, max: to / 1000 });
    });
  }

  /** Colours, series or the width have changed. */
  restyle(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #field(name: string): Field {
    let field = this.#fields.get(name);
    if (!field) {
      const button = element('button', { className: 'field' });
      const made: Field = { series: new Series(), colour: this.#freeColour(), button };
      button.onclick = () => this.#toggle(made);
      field = made;
      this.#fields.set(name, field);
      this.#values.append(button);
      this.restyle();
    }
    return field;
  }

  #drawn(): [string, Field & { colour: number }][] {
    const drawn = [...this.#fields].filter(([, { colour }]) => colour !== undefined);
    return drawn as [string, Field & { colour: number }][];
  }

  #freeColour(): number | undefined {
    const taken = new Set([...this.#fields.values()].map(({ colour }) => colour));
    return Array.from({ length: mostDrawn }, (_, index) => index).find((colour) => !taken.has(colour));
  }

  /** One more than can be drawn takes the place of the first. */
  #toggle(field: Field): void {
    if (field.colour !== undefined) {
      if (this.#drawn().length > 1) field.colour = undefined;
    } else {
      const free = this.#freeColour();
      const [, first] = this.#drawn()[0]!;
      field.colour = free ?? first.colour;
      if (free === undefined) (first as Field).colour = undefined;
    }
    this.restyle();
  }

  #showValues(): void {
    const isSeveral = this.#fields.size > 1;
    for (const [name, { series, colour, button }] of this.#fields) {
      const value = series.values.at(-1);
      setText(button, `${name} ${value === undefined ? '' : figure(value)} ${this.#unit}`.trim());
      button.disabled = !isSeveral;
      button.dataset.colour = isSeveral && colour !== undefined ? String(colour + 1) : '';
      button.ariaPressed = isSeveral ? String(colour !== undefined) : null;
    }
  }

  #make(): uPlot {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const width = this.#width || this.#body.clientWidth || 300;
    const fields = this.#drawn().map(([name, { colour }]) => ({ name, colour }));
    this.root.dataset.axes = String(fields.length);
    const isStepped = this.#stepped;
    const steps = uPlot.paths.stepped!({ align: 1 });
    return new uPlot(
      {
        width,
        height,
        cursor: { show: false },
        legend: { show: false },
        ...plotOptions(fields, { width, isStepped, colour, steps }),
        hooks: { drawClear: [(plot) => this.#shadeGaps(plot, colour('--gap'))] },
      },
      [[], ...fields.map(() => [])] as uPlot.AlignedData,
      this.#body,
    );
  }

  #shadeGaps(plot: uPlot, colour: string): void {
    const { ctx, bbox } = plot;
    ctx.fillStyle = colour;
    for (const [from, to] of this.#gaps) {
      const left = Math.max(plot.valToPos(from / 1000, 'x', true), bbox.left);
      const right = Math.min(plot.valToPos(to / 1000, 'x', true), bbox.left + bbox.width);
      if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
  }

  #resize(): void {
    const { clientWidth } = this.#body;
    if (clientWidth === this.#width || clientWidth === 0) return;
    const isOther = clientWidth < narrow !== this.#width < narrow;
    this.#width = clientWidth;
    if (isOther) this.restyle();
    else this.#plot?.setSize({ width: clientWidth, height });
  }
}

/** ms; what nobody knows any more makes no gaps. */
function periodOf({ frequency }: StreamView): number {
  return frequency > 0 ? 1000 / frequency : Number.POSITIVE_INFINITY;
}
