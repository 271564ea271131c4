/** The one table of what can be wrong with a configuration, and the list that collects it. */

import type { JsonValue } from './json';

/** Stable codes; the texts say what each means and what follows from it. */
export const problemCodes = Object.freeze(
  {
    'json-syntax':
      'The text is not JSON (with // comments). Nothing of it is applied; line and column are in the message.',
    'json-too-large':
      'The text, its nesting or its number of values is above the limit. Nothing of it is applied.',
    'json-elided':
      'Dots stand where an example leaves something out. The main part reads the text without them; a device refuses it.',
    'typographic-quotes':
      'A text stands in typographic quotes. The main part takes them as straight ones; a device refuses them.',
    'json-duplicate': 'An object has the same member twice. The last one counts.',
    'wrong-type': 'A value is of another type than the attribute wants.',
    'bad-text': 'A text has a character that no message can carry: NUL, or half of a surrogate pair.',
    'out-of-range': 'A number is outside what the attribute allows.',
    'missing-attribute': 'A required attribute is absent or empty.',
    'unknown-attribute': 'Nobody reads this attribute: perhaps a misspelling.',
    'not-for-this-device': 'The attribute is valid, but acts elsewhere: on the main part or in the cloud.',
    'bad-name': 'A name that no part can have: see the rule for names of parts.',
    'too-large': 'What goes to the part takes more bytes than it can receive. It is not sent.',
    'placeholder-secret': 'The secret is one that everybody knows from an example. Nobody is let in by it.',
    'duplicate-name': 'Two resources or services have the same name or role. The first one counts.',
    'duplicate-part':
      'Another device is this part as well: the gateway has refused this one within the last hour. Give one of them another name.',
    'duplicate-collector':
      'The same capture method with the same parameters is listed twice. The first one counts.',
    'unknown-api': 'No such kind of component or service can be captured from.',
    'unknown-method': 'The API has no such capture method.',
    'unknown-model': 'The firmware has no driver of this model.',
    'unknown-resource': 'A resource is named that the configuration does not have.',
    'missing-parameter': 'The capture method needs an additional parameter.',
    'gateway-only': 'Cameras and vision services are captured by the main part, not on the device.',
    'bad-frequency': 'capture_frequency_hz is not a number, not above zero, or absurd.',
    'frequency-rounded':
      'capture_frequency_hz has more digits than can be kept exactly; the nearest fraction is used.',
    'cache-too-small': 'cache_size_kb is below 1.',
    'bad-tag': 'A tag has other characters than letters, digits, underscores and dashes.',
    'dependency-cycle': 'Resources depend on each other in a circle. None of them is built.',
    'no-memory':
      'The chip has no memory for it beside what comes before it, the device and its link. It is not started. At `$` it is the whole configuration, which had no room beside the one that runs: that one goes on, and the new one is applied at the next start.',
    'build-failed':
      'A driver could not be built from its attributes or on this hardware: perhaps its chip or bus is absent. It is tried again at once when a call names it or a configuration comes, else after pauses of 1 s that double up to a minute; its collectors begin then.',
    'no-source': 'The resource cannot be captured by this method and these parameters.',
    'flash-format':
      'The flash holds readings of a later firmware. It is left as it is; all collectors share the RAM of `ram_head_kb` until that firmware, or an erased partition, is flashed, and the caches are what that gives.',
    'no-partition':
      'The flash has no partition `capture`. All collectors share the RAM of `ram_head_kb`, and their caches are what that gives.',
    'not-stored':
      'The configuration could not be stored, or was taken back because the device crashed with it.',
    'too-many': 'There are more entries or problems than the limit.',
  } as const,
  true,
);

export type ProblemCode = keyof typeof problemCodes;

export interface Problem {
  severity: 'error' | 'warning';
  code: ProblemCode;
  /** Where: `components[0].attributes.pins[1]`, `$` for the whole; `main:` before a place in the main's configuration. */
  path: string;
  message: string;
}

/** Bounded, so that a hostile configuration cannot fill the memory with complaints about itself. */
export const maximumProblems = 24;
/** Characters of their paths and messages, beyond which no more are taken. */
const longestTexts = 4_000;

/** Collects problems in the order they are met. */
export class Problems {
  readonly list: Problem[] = [];
  private length = 0;

  error(code: ProblemCode, path: string, message: string): void {
    this.add({ severity: 'error', code, path, message });
  }

  warn(code: ProblemCode, path: string, message: string): void {
    this.add({ severity: 'warning', code, path, message });
  }

  add(problem: Problem): void {
    const { list, length } = this;
    if (length > longestTexts) return;
    this.length += problem.path.length + problem.message.length;
    if (list.length < maximumProblems - 1 && this.length <= longestTexts) {
      list.push(problem);
      return;
    }
    this.length = Number.POSITIVE_INFINITY;
    list.push({
      severity: 'error',
      code: 'too-many',
      path: '$',
      message: 'there are more problems than these',
    });
  }
}

/** A text from outside for a message: in quotes, short, on one line. */
export function quoted(text: string): string {
  return cut(JSON.stringify(text));
}

/** A value from outside for a message. */
export function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value.kind === 'object') return 'an object';
  if (value.kind === 'array') return 'a list';
  return cut(value.text());
}

function cut(text: string): string {
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}
