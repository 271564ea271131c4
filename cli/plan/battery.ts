/**
 * How long a battery lasts: the chip's current while it captures, and what the radio adds while it is on.
 *
 * In: currents of a table that the user may change, how long the radio is on for each sync. Out: share of time with
 * the radio on, mean current, days. Regulator, LEDs and sensors are the board's: whoever knows them adds them to
 * `captures`.
 */
import { fileURLToPath } from 'node:url';
import { readTextFile } from '@sluice/common/text-file';
import { z } from 'zod';
import type { SyncPlan } from '../../modules/config/plan';
import type { Estimate } from './capacity';

/** mA: the radio off; it listens, as long as it is on; it sends. */
const currents = z.strictObject({
  captures: z.number().positive(),
  radio: z.number().positive(),
  sends: z.number().positive(),
});
const table = z.record(z.string(), currents);
export type Currents = z.infer<typeof table>;

/** Of the data sheets: modem sleep at 80 (ESP32) or 160 MHz, receiving, sending 802.11n at full power. */
export const usualCurrents = fileURLToPath(new URL('./currents.json', import.meta.url));

/** Seconds that the radio is on for a sync, what is sent aside: test/simulation/duty.test.ts holds it below that. */
const perSync = 5.5;
/** Bytes a second that a part sends while it catches up, above TCP, of which radio and chip are the limit. */
const throughput = 40_000;

export interface BatteryLife {
  chip: string;
  /** Of the time that the radio is on. */
  radioShare: number;
  milliamperes: number;
  days: number;
}

/** @throws Error that names what is wrong with the table */
export function readCurrents(path: string): Currents {
  const parsed = table.safeParse(JSON.parse(readTextFile(path)));
  if (parsed.success) return parsed.data;
  throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
}

/** @param capacity of the battery, mAh */
export function batteryLife(
  { collectors, bytesPerSecond }: Pick<Estimate, 'collectors' | 'bytesPerSecond'>,
  { interval, duty }: Pick<SyncPlan, 'interval' | 'duty'>,
  currents: Currents,
  capacity: number,
): BatteryLife[] {
  const sending = Math.min(1, bytesPerSecond / throughput);
  let radioShare = 1;
  if (duty !== undefined) {
    const fullest = Math.min(...collectors.map(({ cacheSeconds }) => cacheSeconds * duty.share));
    radioShare = Math.min(1, perSync / Math.min(interval / 1_000, fullest) + sending);
  }
  return Object.entries(currents).map(([chip, { captures, radio, sends }]) => {
    const milliamperes =
      captures + radioShare * Math.max(0, radio - captures) + sending * Math.max(0, sends - radio);
    return { chip, radioShare, milliamperes, days: capacity / milliamperes / 24 };
  });
}
