/** One stream's plot: its series over the last minutes, gaps shaded. */

import type { StreamView } from '@sluice/gateway/page-api/state';
import uPlot from 'uplot';
import { clockTime, element, figure, setText } from './dom';
import { Series } from './series';

const height = 150;
/** Data older than this is forgotten, in milliseconds. */
const kept = 15 * 60_000;
/** Periods without a sample that make a gap. */
const gapPeriods = 2.5;

export class Plot {
  readonly root: HTMLElement;
  readonly #body = element('div', { className: 'plot-body' });
  readonly #values = element('span', { className: 'plot-value' });
  readonly #series = new Map<string, Series>();
  readonly #period: number;
  readonly #stepped: boolean;
  readonly #unit: string;
  #plot: uPlot | undefined;
  #gaps: [number, number][] = [];
  #width = 0;

  constructor(stream: StreamView) {
    this.#period = 1000 / stream.frequency;
    this.#stepped = stream.method === 'Gpios';
    this.#unit = stream.unit;
    this.root = element(
      'figure',
      { className: 'plot', data: { stream: stream.key } },
      element(
        'figcaption',
        {},
        element('strong', {}, titleOf(stream)),
        element('span', { className: 'quiet' }, `${stream.method}, ${figure(stream.frequency)} Hz`),
        this.#values,
      ),
      this.#body,
    );
    new ResizeObserver(() => this.#resize()).observe(this.#body);
  }

  add(series: string, times: readonly number[], values: readonly number[]): void {
    let of = this.#series.get(series);
    if (!of) {
      of = new Series();
      this.#series.set(series, of);
      this.#plot?.destroy();
      this.#plot = undefined;
    }
    of.add(times, values);
  }

  /** Readings in the span, for tests and the caption. */
  draw(from: number, to: number): void {
    const spans = [...this.#series.values()].map((series) => {
      series.forgetBefore(to - kept);
      return series.span(from, to, this.#period * gapPeriods);
    });
    if (spans.length === 0) return;
    this.#gaps = spans[0]!.gaps;
    this.root.dataset.gaps = String(this.#gaps.filter(([start]) => start >= from).length);
    this.root.dataset.samples = String(spans[0]!.values.filter((value) => value !== null).length);
    this.#showValues();
    this.#plot ??= this.#make();
    const seconds = spans.map(({ times, values }) => [times.map((time) => time / 1000), values]);
    const data = seconds.length === 1 ? seconds[0] : uPlot.join(seconds as uPlot.AlignedData[], undefined);
    this.#plot.batch(() => {
      this.#plot!.setData(data as uPlot.AlignedData, false);
      this.#plot!.setScale('x', { min: from / 1000, max: to / 1000 });
    });
  }

  /** Colours have changed. */
  restyle(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #showValues(): void {
    while (this.#values.childElementCount < this.#series.size) this.#values.append(element('span'));
    this.#values.classList.toggle('several', this.#series.size > 1);
    for (const [index, [name, { values }]] of [...this.#series].entries()) {
      const value = values.at(-1);
      const text = `${name} ${value === undefined ? '' : figure(value)} ${this.#unit}`.trim();
      setText(this.#values.children[index] as HTMLElement, text);
    }
  }

  #make(): uPlot {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour('--quiet'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { stroke: colour('--line'), width: 1 },
      font: '11px system-ui, sans-serif',
    };
    const series = [...this.#series.keys()].map((label, index) => ({
      label,
      // Leaves of a record have different units: each has a scale of its own, the first one's is labelled.
      scale: index === 0 ? 'y' : `y${index}`,
      stroke: colour(`--series-${(index % 4) + 1}`),
      width: 1.4,
      points: { show: false },
      ...(this.#stepped ? { paths: uPlot.paths.stepped!({ align: 1 }) } : {}),
    }));
    const [low, high] = this.#stepped ? [-0.15, 1.15] : [null, null];
    return new uPlot(
      {
        width: this.#width || this.#body.clientWidth || 300,
        height,
        cursor: { show: false },
        legend: { show: false },
        scales: { y: low === null ? { auto: true } : { auto: false, min: low, max: high } },
        axes: [
          { ...axis, size: 26, space: 80, values: (_, ticks) => ticks.map((tick) => clockTime(tick * 1000)) },
          { ...axis, size: 46, space: 32, ...(this.#stepped ? { splits: () => [0, 1] } : {}) },
        ],
        series: [{}, ...series],
        hooks: { drawClear: [(plot) => this.#shadeGaps(plot, colour('--gap'))] },
      },
      [[], ...series.map(() => [])] as uPlot.AlignedData,
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
    this.#width = clientWidth;
    this.#plot?.setSize({ width: clientWidth, height });
  }
}

/** `my-esp32 A1` */
export function titleOf({ resource, parameters, method }: StreamView): string {
  const name = resource.slice(resource.indexOf('/') + 1);
  const detail = parameters.reader_name ?? (parameters.pin_name ? `pin ${parameters.pin_name}` : '');
  return `${name} ${detail || (method === 'Readings' ? '' : method)}`.trim();
}
