/** How a plot is drawn: axes, scales and colours of its fields. Leaves of a record have different units: each has its own. */
import type uPlot from 'uplot';
import { inBand, rangeOf } from './band';
import { clockTime } from './dom';

export interface PlotStyle {
  width: number;
  /** Levels: from 0 to 1, in steps. */
  isStepped: boolean;
  /** Value of a property of the page's style. */
  colour(name: string): string;
  /** How uPlot draws levels. */
  steps: uPlot.Series['paths'];
}

/** Pixels below which axes do without names. */
export const narrow = 380;
const font = '11px system-ui, sans-serif';
const named = { labelSize: 14, labelGap: 0, labelFont: font };

/** @param fields from the top down, with the number of the colour */
export function plotOptions(
  fields: readonly { name: string; colour: number }[],
  style: PlotStyle,
): Pick<uPlot.Options, 'axes' | 'scales' | 'series'> {
  const { isStepped, colour, steps } = style;
  const line = { stroke: colour('--line'), width: 1 };
  const plain = { stroke: colour('--quiet'), grid: line, ticks: line, font };
  /** Of what is drawn, by scale. */
  const bounds = new Map<string, [number, number]>();
  const series = fields.map(({ name, colour: number }, index) => ({
    label: name,
    scale: `y${index}`,
    stroke: colour(`--series-${number + 1}`),
    width: 1.4,
    points: { show: false },
    ...(isStepped && steps ? { paths: steps } : {}),
  }));
  const axes = series.map(({ label, scale, stroke }, index): uPlot.Axis => {
    const side = index % 2 === 0 ? 3 : 1;
    if (series.length === 1)
      return { ...plain, scale, side, space: 32, size: 46, ...(isStepped ? { splits: () => [0, 1] } : {}) };
    const filter = (_: uPlot, splits: number[]) => inBand(splits, ...(bounds.get(scale) ?? [0, 1]));
    const ofBand = { stroke, filter, ticks: { stroke, width: 1, filter }, grid: { ...line, filter } };
    return {
      ...plain,
      ...ofBand,
      ...(style.width >= narrow ? { label, ...named } : {}),
      ...{ scale, side, space: 16, size: 40 },
    };
  });
  const rangeAt = (index: number): uPlot.Range.Function => {
    return (_, low, high) => {
      // Nothing is drawn of it.
      if (low === null || high === null) return [0, 1];
      bounds.set(`y${index}`, [low, high]);
      return rangeOf(low, high, index, fields.length);
    };
  };
  const scales = fields.map((_, index): [string, uPlot.Scale] => [
    `y${index}`,
    isStepped && fields.length === 1 ? { range: [-0.15, 1.15] } : { range: rangeAt(index) },
  ]);
  const time: uPlot.Axis = {
    ...plain,
    size: 26,
    space: 80,
    values: (_, ticks) => ticks.map((tick) => clockTime(tick * 1000)),
  };
  return { axes: [time, ...axes], scales: Object.fromEntries(scales), series: [{}, ...series] };
}
