/** Whether timer and chip keep up with what is asked. */
import { keptFigures } from '../../bench/kept';
import type { PartPlan } from '../../modules/config/plan';
import { chipClocks, mostOfChip } from '../plan/capacity';
import type { Findings } from './finding';

/** The timer has whole milliseconds. */
const timerHertz = 1000;

export function checkRates(
  { collectors, paths }: PartPlan,
  chip: string,
  board: Findings,
  main: Findings | undefined,
): void {
  let hertz = 0;
  collectors.forEach(({ frequency }, index) => {
    const rate = frequency.numerator / frequency.denominator;
    hertz += Math.min(rate, timerHertz);
    if (rate <= timerHertz) return;
    const path = `${paths.at(index)}.capture_frequency_hz`;
    const inMain = path.startsWith('main:');
    (inMain ? main : board)?.warn(
      'rate-too-high',
      path.replace(/^main:/, ''),
      `the timer has whole milliseconds: of ${rate} readings a second ${rate - timerHertz} are missed, and counted`,
    );
  });
  const share = (hertz * instructionsPerReading()) / (chipClocks[chip]! * 1e6);
  if (share > mostOfChip)
    board.warn(
      'rate-too-high',
      '$',
      `${Math.round(hertz)} readings a second take ${Math.round(100 * share)} % of an ${chip} at full clock, which leaves too little for WiFi and TLS`,
    );
}

/** Of one Analogs reading on its whole way, as measured. */
export function instructionsPerReading(): number {
  const kept = keptFigures().capture?.find(({ figure }) => figure.startsWith('timer to ring'));
  if (kept) return kept.value;
  throw new Error('bench/kept.json has no figure of the capture path: npm run bench -- capture --keep');
}
