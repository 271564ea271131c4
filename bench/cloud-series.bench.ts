/** The time series of a stream at 100 Hz: CPU of a reading on its way to rows and files, bytes, and a plot of its day. */
import { atLeast, atMost, type Figure, plain } from './figure';
import {
  bytesBelow,
  captureFiles,
  cpuSeconds,
  day,
  ecgDay,
  midnight,
  noise,
  perDay,
  plot,
  reserved,
  stored,
  take,
  withCloud,
  withDirectory,
} from './series';

function oneSignal(name: string, signal: readonly number[], reach: number): Promise<Figure[]> {
  return withDirectory(async (directory) => {
    const files = [...captureFiles('part', signal, perDay)];
    const { taking, sealing, plotted, plottedWarm } = await withCloud(directory, async (cloud) => {
      const taking = await cpuSeconds(async () => {
        await take(cloud, files);
        await stored(cloud);
      });
      const sealing = await cpuSeconds(() => cloud.compact());
      const plotted = await plot(cloud, midnight, midnight + day);
      for (let more = 0; more < 8; more++) await plot(cloud, midnight, midnight + day);
      const plottedWarm = await plot(cloud, midnight, midnight + day);
      await reserved(cloud);
      return { taking, sealing, plotted, plottedWarm };
    });
    const parquet = bytesBelow(directory, /files\/bench\/.*\.\d+\.parquet$/);
    const all = bytesBelow(directory);
    const how = 'a day of 100 Hz through the block door, the raw file beside';
    return [
      atLeast(`to rows, ${name}`, perDay / taking / 1e6, 'million readings a second of CPU', 2, how),
      plain(
        `to rows, then file and rollups of the closed day, ${name}`,
        perDay / (taking + sealing) / 1e6,
        'million readings a second of CPU',
        how,
      ),
      atMost(`Parquet, times included, ${name}`, parquet / perDay, 'B a reading', reach),
      atMost(
        `everything under the directory after a closed day, ${name}`,
        all / perDay,
        'B a reading',
        2.2,
        'inbox, raw file, rows, rollups, names, and room for a full disk',
      ),
      atMost(
        `plot of a day, 2,000 buckets, ${name}`,
        plotted.milliseconds,
        'ms',
        50,
        'over HTTP, median of ten, of code that has run once',
      ),
      plain(`CPU of it, all processes, ${name}`, plotted.cpuMilliseconds, 'ms', 'mean of ten'),
      plain(
        `plot of a day once warm, ${name}`,
        plottedWarm.milliseconds,
        'ms',
        'after a hundred of them, as behind a page that is open',
      ),
    ];
  });
}

export default async function (): Promise<Figure[]> {
  return [
    ...(await oneSignal('recorded ECG at 100 Hz', ecgDay(), 0.75)),
    ...(await oneSignal('noise σ 2', noise(), 0.55)),
  ];
}
