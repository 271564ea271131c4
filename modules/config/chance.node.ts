/** Configurations by chance, for the tests: valid ones with members replaced, damaged ones, and any text. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { type JsonValue, machineLimits, readJson } from './json';

/** An example of the specification, from test-data. */
export function example(name: string): string {
  return readFileSync(new URL(`./test-data/${name}.jsonc`, import.meta.url), 'utf8');
}

/** A value as the reader gives it. */
export function jsonOf(value: unknown): JsonValue {
  return readJson(JSON.stringify(value), machineLimits).value!;
}

export const validExamples = [
  'esp32-board',
  'tmp36-and-wifi',
  'remote-esp32-corrected',
  'vision-service',
  'data-manager',
].map(example);

/** Values where others are expected: wrong types, wrong ranges, names of JavaScript's own. */
export const surprise = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, '', '-1', 1e308, -0, 1e-320, 'NaN', '__proto__', 'constructor'),
  fc.constantFrom([], {}, [[]], 'rdk:component:board'),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

interface Place {
  holder: Record<string, unknown>;
  key: string;
}

function placesIn(node: unknown, places: Place[] = []): Place[] {
  if (typeof node !== 'object' || node === null) return places;
  for (const key of Object.keys(node)) {
    places.push({ holder: node as Record<string, unknown>, key });
    placesIn((node as Record<string, unknown>)[key], places);
  }
  return places;
}

/** A valid configuration with some of its members and elements replaced, removed or added. */
const mutant = fc
  .tuple(
    fc.constantFrom(...validExamples),
    fc.array(fc.tuple(fc.nat(), fc.nat(3), surprise), { minLength: 1, maxLength: 6 }),
  )
  .map(([text, mutations]) => {
    const root = JSON.parse(readJson(text, machineLimits).value!.text());
    for (const [choice, kind, chosen] of mutations) {
      const places = placesIn(root);
      if (places.length === 0) break;
      const { holder, key } = places[choice % places.length];
      // A copy: the next mutation may reach into it.
      const value = JSON.parse(JSON.stringify(chosen)) as unknown;
      if (kind === 0) delete holder[key];
      else if (kind > 1) holder[key] = value;
      else {
        // Plain assignment would set the prototype when the name is __proto__.
        const member = { value, enumerable: true, configurable: true, writable: true };
        Object.defineProperty(holder, String(value).slice(0, 20), member);
      }
    }
    return JSON.stringify(root);
  });

/** A valid text with characters inserted, removed or replaced. */
export const damaged = fc
  .tuple(
    fc.constantFrom(...validExamples),
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 5 }),
  )
  .map(([text, edits]) =>
    edits.reduce((before, [choice, length, inserted]) => {
      const at = choice % before.length;
      return before.slice(0, at) + inserted + before.slice(at + length);
    }, text),
  );

export const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), mutant, damaged);
