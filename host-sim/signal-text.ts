/**
 * Signals as people type them: `34=constant:2000+sine:500,1.5+noise:10` — a pin, then parts joined by `+`, each a kind
 * and its numbers. Recordings are files of one value a line (`recording.ts`), with their rate: `samples:ecg.csv@360`.
 */
import { type Chip, pinFault } from '../modules/resources/chips';
import { readRecording } from './recording';
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

/** `ecg.csv@360`: a file, and its values a second. @throws Error when what stands after the last `@` is no rate */
export function splitRate(text: string): { path: string; rate?: number } {
  const at = text.lastIndexOf('@');
  if (at < 0) return { path: text };
  const rate = Number(text.slice(at + 1));
  if (text.length === at + 1 || !(rate > 0 && rate <= 1e6))
    throw new Error(`${text}: a rate in Hz wanted after @`);
  return { path: text.slice(0, at), rate };
}

function recording(text: string): Signal {
  const { path, rate = 100 } = splitRate(text);
  const { values, first } = readRecording(path);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new Error(`${path}:${first + wrong}: a pin has no value ${values[wrong]}`);
  return samples(values, rate);
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

/** @returns the signals of each pin @throws Error that names what is no signal, no pin of the chip, or told twice */
export function parsePins(texts: readonly string[], chip: Chip): Record<number, Signal[]> {
  const all: Record<number, Signal[]> = {};
  for (const text of texts) {
    const { pin, signals } = parsePin(text);
    const fault = pinFault(chip, pin, false);
    if (fault) throw new Error(`'${text}': ${fault}`);
    if (all[pin]) throw new Error(`'${text}': pin ${pin} has its signals already: join them with +`);
    all[pin] = signals;
  }
  return all;
}
