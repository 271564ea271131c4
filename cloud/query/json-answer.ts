/** Rows as JSON: an array of objects, integers to the digit. */
import { type AnswerRow, isOfSeveralParts } from './answer-rows';
import type { TaskSeries } from './task';

/** What each row of a series says besides, made once. */
interface SeriesText {
  before: string;
  behind: string;
}

export class JsonAnswer {
  readonly head = '[';
  readonly #texts: readonly SeriesText[];
  readonly #names: readonly string[];
  #separator = '';

  /** @param names of a row's values */
  constructor(series: readonly TaskSeries[], names: readonly string[]) {
    const withPart = isOfSeveralParts(series);
    this.#texts = series.map((one) => textOf(one, withPart));
    this.#names = names.map((name) => `,${JSON.stringify(name)}:`);
  }

  add({ time, position, values }: AnswerRow): string {
    const { before, behind } = this.#texts[position]!;
    let text = `${this.#separator}{"time":${time}${before}`;
    this.#separator = ',\n';
    for (let index = 0; index < values.length; index++) text += this.#names[index]! + jsonText(values[index]);
    return text + behind;
  }

  end(): string {
    return ']';
  }
}

function textOf({ appId, part, stream, unit, tags }: TaskSeries, withPart: boolean): SeriesText {
  const whose = withPart ? `,"app_id":${JSON.stringify(appId)},"part":${JSON.stringify(part)}` : '';
  const unitText = unit === undefined ? '' : `,"unit":${JSON.stringify(unit)}`;
  return {
    before: `${whose},"stream":${JSON.stringify(stream)}`,
    behind: `${unitText},"tags":${JSON.stringify(tags)}}`,
  };
}

/** Integers to the digit; what JSON has no word for (NaN, infinities) is null. */
export function jsonText(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null';
  if (typeof value === 'bigint') return String(value);
  return (
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner)) ??
    'null'
  );
}
