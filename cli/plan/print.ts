/** An estimate as a table for people. */
import type { BatteryLife } from './battery';
import type { Estimate } from './capacity';

export function printEstimate(result: Estimate, partitionBytes: number): void {
  const rows = result.collectors.map((one) => [
    one.name,
    `${number(one.hertz)} Hz`,
    `${number(one.bytesPerReading)} B`,
    `${number(one.bytesPerSecond)} B/s`,
    one.refused === undefined ? duration(one.cacheSeconds) : 'does not fit',
    one.basis,
  ]);
  const header = ['collector', 'rate', 'a reading', 'packed', 'cache holds', 'from'];
  const widths = header.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]!.length)),
  );
  for (const row of [header, ...rows])
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
  for (const { name, refused } of result.collectors) if (refused) console.log(`${name}: ${refused}`);
  console.log(
    [
      '',
      `in all           ${number(result.bytesPerSecond)} B/s packed`,
      `outage           ${duration(result.partitionSeconds)} by the whole partition of ${partitionBytes >> 10} KiB, shared by rate`,
      `flash life       ${number(result.lifeYears)} years to the rated erases, were the uplink always down`,
      `share of chip    ${result.share.map(({ chip, share }) => `${chip} ${number(100 * share)} %`).join(', ')} (instructions at full clock, no WiFi or TLS)`,
      `JSON in a cloud  ${number(result.jsonBytesPerDay / 1e6)} MB a day as one message a reading`,
      ...result.warnings.map((warning) => `warning: ${warning}`),
    ].join('\n'),
  );
}

export function printBattery(lives: readonly BatteryLife[], capacity: number): void {
  const each = lives.map(({ chip, days, milliamperes }) => {
    const life = duration(days * 86_400);
    return `${chip} ${life} at ${number(milliamperes)} mA`;
  });
  const on = number(100 * (lives[0]?.radioShare ?? 0));
  console.log(`battery          ${each.join(', ')}: ${capacity} mAh, the radio on for ${on} % of the time`);
}

function number(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 4 });
}

function duration(seconds: number): string {
  if (seconds < 120) return `${number(seconds)} s`;
  if (seconds < 7200) return `${number(seconds / 60)} min`;
  return seconds < 172_800 ? `${number(seconds / 3600)} h` : `${number(seconds / 86_400)} days`;
}
