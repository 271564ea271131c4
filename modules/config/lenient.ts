/**
 * A configuration as people paste it from documents, as the JSON that is meant.
 *
 * In: text with `//` comments, `...` where an example leaves something out, typographic quotes. Out: text of the same
 * length without them, every character that stays at its line and column, and what was taken how. What is no JSON for any
 * other reason stays so. For the main part and the command line: a device is given what comes out.
 */

export interface Remark {
  code: 'json-elided' | 'typographic-quotes';
  message: string;
}

const quotes = '“”„‟';
const blank = ' ';

/** Total. */
export function lenientJson(text: string): { text: string; remarks: Remark[] } {
  const reader = new LenientReader(text);
  reader.read();
  return { text: reader.characters.join(''), remarks: reader.remarks };
}

class LenientReader {
  readonly characters: string[];
  readonly remarks: Remark[] = [];
  private readonly elisions: { start: number; end: number }[] = [];
  private quoted = -1;

  constructor(text: string) {
    this.characters = text.split('');
  }

  read(): void {
    const { characters } = this;
    if (characters[0] === '\uFEFF') characters[0] = blank;
    for (let at = 0; at < characters.length; ) at = this.next(at);
    if (this.quoted >= 0) this.remark('typographic-quotes', this.quoted, 'typographic quotes are taken as "');
    if (this.elisions[0])
      this.remark(
        'json-elided',
        this.elisions[0].start,
        'dots stand for something left out: it is read without them',
      );
    for (const elision of this.elisions) this.close(elision);
  }

  /** Takes what begins at a place. @returns where the next begins */
  private next(at: number): number {
    const { characters } = this;
    const character = characters[at]!;
    if (character === '"') return this.stringEnd(at, '"');
    if (quotes.includes(character)) return this.straighten(at);
    if (character === '/' && characters[at + 1] === '/') return this.blankUntil(at, this.lineEnd(at));
    if (character === '…') return this.elide(at, at + 1);
    if (character === '.' && characters[at + 1] === '.' && characters[at + 2] === '.') {
      let end = at + 3;
      while (characters[end] === '.') end++;
      return this.elide(at, end);
    }
    return at + 1;
  }

  /** After the string that begins at `at`. */
  private stringEnd(at: number, closing: string): number {
    const { characters } = this;
    let end = at + 1;
    while (end < characters.length && !closing.includes(characters[end]!))
      end += characters[end] === '\\' ? 2 : 1;
    return end + 1;
  }

  private straighten(at: number): number {
    const { characters } = this;
    if (this.quoted < 0) this.quoted = at;
    characters[at] = '"';
    const end = this.stringEnd(at, `${quotes}"`);
    if (end <= characters.length) characters[end - 1] = '"';
    return end;
  }

  private elide(start: number, end: number): number {
    this.elisions.push({ start, end });
    return this.blankUntil(start, end);
  }

  private blankUntil(start: number, end: number): number {
    this.characters.fill(blank, start, end);
    return end;
  }

  private lineEnd(at: number): number {
    const { characters } = this;
    let end = at;
    while (end < characters.length && characters[end] !== '\n' && characters[end] !== '\r') end++;
    return end;
  }

  /** Takes away the comma that stands beside something left out, and an entry of a list that is nothing else. */
  private close({ start, end }: { start: number; end: number }): void {
    const { characters } = this;
    let before = this.significant(start, -1);
    let after = this.significant(end - 1, 1);
    if (characters[before] === '{' && characters[after] === '}') {
      const outer = this.significant(before, -1);
      if (characters[outer] !== '[' && characters[outer] !== ',') return;
      characters[before] = blank;
      characters[after] = blank;
      before = outer;
      after = this.significant(after, 1);
    }
    const isFirst = ['[', '{', ',', undefined].includes(characters[before]);
    if (isFirst && characters[after] === ',') characters[after] = blank;
    else if (characters[before] === ',' && [']', '}'].includes(characters[after]!))
      characters[before] = blank;
  }

  /** The nearest character that is no white space; beyond the text when there is none. */
  private significant(from: number, step: 1 | -1): number {
    const { characters } = this;
    let at = from + step;
    while (characters[at] !== undefined && characters[at]!.trim() === '') at += step;
    return at;
  }

  private remark(code: Remark['code'], at: number, message: string): void {
    const lines = this.characters.slice(0, at).join('').split('\n');
    this.remarks.push({
      code,
      message: `line ${lines.length}, column ${lines.at(-1)!.length + 1}: ${message}`,
    });
  }
}
