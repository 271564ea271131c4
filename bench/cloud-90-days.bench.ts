/** A plot of 90 days of a stream at 100 Hz: 7.8 × 10⁸ rows, and their rollups. Takes some minutes and .7 GB. */
import { join } from 'node:path';
import { openDatabase, sqlText } from '../cloud/stores/time-series/database';
import { atMost, type Figure, plain } from './figure';
import {
  captureFiles,
  day,
  ecgDay,
  midnight,
  perDay,
  plot,
  stored,
  take,
  withCloud,
  withDirectory,
} from './series';

const days = 90;

/** 89 days more, each with the rows and rollups of the day there is. */
async function repeatDay(directory: string): Promise<number> {
  const store = join(directory, 'state/time-series/1');
  const instance = await openDatabase(join(store, 'hot.duckdb'));
  const connection = await instance.connect();
  const found = await connection.runAndReadAll('select path from files');
  for (const [path] of found.getRowsJS() as [string][])
    for (let back = 1; back < days; back++) {
      const date = new Date(midnight - back * day).toISOString().slice(0, 10);
      const copied = path.replace(/\d{4}-\d{2}-\d{2}/, date);
      await connection.run(
        `copy (select * replace ((time - interval ${back} day)::timestamp_ms as time) from ${sqlText(join(store, 'files', path))})
         to ${sqlText(join(store, 'files', copied))}
         (format parquet, parquet_version v2, compression zstd, row_group_size 122880, dictionary_size_limit 1)`,
      );
      await connection.run(
        `insert into files select ${sqlText(copied)}, app_id, dev_id, day - ${back}, resolution, rows, bytes
         from files where path = ${sqlText(path)}`,
      );
      await connection.run(
        `insert into file_series select ${sqlText(copied)}, series, first - ${back}::bigint * ${day}, last - ${back}::bigint * ${day}, rows
         from file_series where path = ${sqlText(path)}`,
      );
    }
  const counted = await connection.runAndReadAll('select sum(rows)::double from files where resolution = 0');
  connection.closeSync();
  instance.closeSync();
  return counted.getRowsJS()[0]![0] as number;
}

export default function (): Promise<Figure[]> {
  return withDirectory(async (directory) => {
    await withCloud(directory, async (cloud) => {
      await take(cloud, [...captureFiles('part', ecgDay(), perDay)]);
      await stored(cloud);
      await cloud.compact();
    });
    const rows = await repeatDay(directory);
    // Not at whole minutes: the edges are answered from rows.
    const from = midnight - (days - 1) * day + 12_345;
    const plotted = await withCloud(directory, (cloud) => plot(cloud, from, midnight + day - 23_456));
    return [
      plain('rows of 90 days', rows, ''),
      atMost('plot of 90 days, 2,000 buckets', plotted.milliseconds, 'ms', 350, 'over HTTP, median of ten'),
      plain('CPU of it, all processes', plotted.cpuMilliseconds, 'ms', 'mean of ten'),
    ];
  });
}
