/**
 * InfluxDB's line protocol as standardised messages (docs.influxdata.com, "Line protocol"):
 *
 *   measurement[,tag=value…] field=value[,field=value…] [timestamp]
 *
 * The measurement is `dev_id`, as the platform's own points have it; fields are `payload_fields`, tags `tag_fields`.
 * Numbers keep their digits. A message's time is in milliseconds: what a timestamp says below them is left out.
 */
export const precisions = ['ns', 'us', 'ms', 's', 'm', 'h'] as const;
export type Precision = (typeof precisions)[number];

/** One line's message as JSON text, or what is wrong with it. */
export type ParsedLine = { line: number; devId: string; message: string } | { line: number; error: string };

/** Nanoseconds of a unit. */
const unit: Readonly<Record<Precision, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const floatNumber = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const booleans: Readonly<Record<string, string>> = Object.fromEntries([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((text) => [text, 'true']),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((text) => [text, 'false']),
]);

/** Line by line; empty lines and comments are passed. One that is wrong does not stop the others. */
export function* parseLines(text: string, appId: string, precision: Precision): Generator<ParsedLine> {
  const scanner = new Scanner(text);
  while (!scanner.atEnd) {
    if (scanner.passBlank()) continue;
    const { line } = scanner;
    try {
      const point = pointAt(scanner);
      yield { line, devId: point.measurement, message: messageOf(appId, point, precision) };
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      scanner.toNextLine();
      yield { line, error: error.message };
    }
  }
}

class LineError extends Error {}

interface Point {
  measurement: string;
  tags: [string, string][];
  /** Values as JSON. */
  fields: [string, string][];
  timestamp: string | undefined;
}

function pointAt(scanner: Scanner): Point {
  const measurement = scanner.name(', ', ', ');
  if (measurement === '') throw new LineError('there is no measurement');
  const tags: [string, string][] = [];
  while (scanner.takes(',')) {
    const key = scanner.name('=, ', ',= ');
    if (key === '' || !scanner.takes('=')) throw new LineError('a tag has no key or no value');
    const value = scanner.name(', ', ',= ');
    if (value === '') throw new LineError(`the tag ${key} has no value`);
    tags.push([key, value]);
  }
  if (!scanner.takes(' ')) throw new LineError('there are no fields');
  scanner.passSpaces();
  const fields: [string, string][] = [];
  do {
    const key = scanner.name('=, ', ',= ');
    if (key === '' || !scanner.takes('=')) throw new LineError('a field has no key or no value');
    fields.push([key, fieldValue(scanner, key)]);
  } while (scanner.takes(','));
  scanner.passSpaces();
  const timestamp = scanner.until(' \n');
  if (timestamp !== '' && !/^-?\d{1,19}$/.test(timestamp))
    throw new LineError(`'${timestamp}' is no timestamp`);
  scanner.passSpaces();
  if (!scanner.endsLine()) throw new LineError('there is more behind the timestamp');
  return { measurement, tags, fields, timestamp: timestamp === '' ? undefined : timestamp };
}

function fieldValue(scanner: Scanner, key: string): string {
  if (scanner.takes('"')) return JSON.stringify(scanner.quoted());
  const text = scanner.until(', \n');
  const boolean = booleans[text];
  if (boolean !== undefined) return boolean;
  if (/^-?\d+i$/.test(text) || /^\d+u$/.test(text)) return String(BigInt(text.slice(0, -1)));
  if (jsonNumber.test(text)) return text;
  if (floatNumber.test(text)) return String(Number(text));
  throw new LineError(`the field ${key} has no value: '${text}'`);
}

function messageOf(
  appId: string,
  { measurement, tags, fields, timestamp }: Point,
  precision: Precision,
): string {
  const time = timestamp === undefined ? undefined : milliseconds(timestamp, precision);
  const payload = fields.map(([key, value]) => `${JSON.stringify(key)}:${value}`);
  const head = `{"app_id":${JSON.stringify(appId)},"dev_id":${JSON.stringify(measurement)},`;
  const tagFields = tags.length === 0 ? '' : `,"tag_fields":${JSON.stringify(Object.fromEntries(tags))}`;
  const timed = time === undefined ? '' : `"time":${time},`;
  return `${head}${timed}"payload_fields":{${payload}}${tagFields}}`;
}

/** Rounded down. */
function milliseconds(timestamp: string, precision: Precision): bigint {
  const nanoseconds = BigInt(timestamp) * unit[precision];
  const whole = nanoseconds / 1_000_000n;
  return nanoseconds < 0n && whole * 1_000_000n !== nanoseconds ? whole - 1n : whole;
}

class Scanner {
  /** From 1 on. */
  line = 1;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Past an empty line or a comment. */
  passBlank(): boolean {
    this.passSpaces();
    const character = this.#text[this.#at];
    if (character !== undefined && character !== '#' && character !== '\n') return false;
    this.toNextLine();
    return true;
  }

  passSpaces(): void {
    while (' \r'.includes(this.#text[this.#at] ?? '\n')) this.#at++;
  }

  takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  endsLine(): boolean {
    if (this.#text[this.#at] !== undefined && this.#text[this.#at] !== '\n') return false;
    this.toNextLine();
    return true;
  }

  toNextLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end + 1;
    this.line++;
  }

  /** Up to one of `ends`, or the line's end. A backslash takes its special meaning from one of `escaped`. */
  name(ends: string, escaped: string): string {
    let name = '';
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!;
      const next = this.#text[this.#at + 1];
      if (character === '\\' && next !== undefined && escaped.includes(next)) {
        name += next;
        this.#at++;
      } else if (character === '\n' || ends.includes(character)) break;
      else name += character;
    }
    return name;
  }

  /** Up to one of `ends`. */
  until(ends: string): string {
    const begin = this.#at;
    while (this.#at < this.#text.length && !ends.includes(this.#text[this.#at]!)) this.#at++;
    return this.#text.slice(begin, this.#at).replace(/\r$/, '');
  }

  /** Behind a quote, up to the next: lines may end inside. */
  quoted(): string {
    let text = '';
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!;
      const next = this.#text[this.#at + 1];
      if (character === '\\' && (next === '"' || next === '\\')) {
        text += next;
        this.#at++;
      } else if (character === '"') {
        this.#at++;
        return text;
      } else {
        if (character === '\n') this.line++;
        text += character;
      }
    }
    throw new LineError('a text does not end');
  }
}
