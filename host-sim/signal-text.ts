/**
 * Signals as people type them: `34=constant:2000+sine:500,1.5+noise:10` — a pin, then parts joined by `+`, each a kind
 * and its numbers. Recordings are a file of one number a line (a first line that is none names the unit).
 */
import { readFileSync } from 'node:fs';
import { constant, failure, noise, ramp, type Signal, samples, sine, toggle } from './signals';

/** Kind → its numbers, the required ones first; what makes the signal. */
const kinds: Record<string, { form: string; least: number; make: (n: number[]) => Signal }> = {
  constant: { form: 'counts', least: 1, make: ([value]) => constant(value!) },
  ramp: {
    form: 'from,counts a second[,period s]',
    least: 2,
    make: ([from, slope, period]) => ramp(from!, slope!, period),
  },
  sine: {
    form: 'amplitude,Hz[,phase 0…1]',
    least: 2,
    make: ([amplitude, hz, phase]) => sine(amplitude!, hz!, phase),
  },
  noise: {
    form: 'standard deviation[,seed]',
    least: 1,
    make: ([deviation, seed]) => noise(deviation!, seed),
  },
  toggle: {
    form: 'period s[,duty 0…1]',
    least: 1,
    make: ([period, duty]) => toggle(period!, duty === undefined ? {} : { duty }),
  },
  fail: { form: 'from ms,until ms', least: 2, make: ([from, until]) => failure(from!, until!) },
};

function recording(text: string): Signal {
  const [path, rate = '100'] = text.split('@');
  const lines = readFileSync(path!, 'utf8').trim().split('\n');
  const values = (Number.isNaN(Number(lines[0])) ? lines.slice(1) : lines).map(Number);
  if (values.length === 0 || values.some(Number.isNaN)) throw new Error(`${path}: one number a line wanted`);
  if (!(Number(rate) > 0)) throw new Error(`samples:${text}: a rate in Hz wanted after @`);
  return samples(values, Number(rate));
}

function parsePart(part: string): Signal {
  const [, kind = '', text = ''] = /^([a-z]+):(.*)$/.exec(part) ?? [];
  if (kind === 'samples') return recording(text);
  const known = kinds[kind];
  if (!known) throw new Error(`'${part}': a signal is ${[...Object.keys(kinds), 'samples'].join(', ')}`);
  const numbers = text.split(',').map(Number);
  if (text === '' || numbers.length < known.least || numbers.some(Number.isNaN))
    throw new Error(`'${part}': ${kind} takes ${known.form}`);
  return known.make(numbers);
}

/** Throws an Error that says what was expected. */
export function parsePin(text: string): { pin: number; signals: Signal[] } {
  const [, pin, parts] = /^(\d+)=(.+)$/.exec(text) ?? [];
  if (pin === undefined || parts === undefined)
    throw new Error(`'${text}': <pin>=<signal>[+<signal>…] wanted`);
  return { pin: Number(pin), signals: parts.split('+').map(parsePart) };
}
