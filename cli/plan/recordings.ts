/** Recordings by which a plan reckons: `A1=ecg.csv@360`. */
import { basename } from 'node:path';
import { readRecording } from '@sluice/host-sim/recording';
import { splitRate } from '@sluice/host-sim/signal-text';
import type { PlannedRecording } from './packed-size';

/** A rate in a file's name: `ecg-mlii-360hz.csv`. */
const named = /(?:^|[^\d.])(\d+(?:\.\d+)?) ?hz\b/i;

/** @param text file and rate @throws Error that names file and line */
export function plannedRecording(text: string): PlannedRecording {
  const { path, rate } = splitRate(text);
  const name = basename(path);
  const found = rate ?? Number(named.exec(name)?.[1]);
  const { values } = readRecording(path);
  return { name, values, ...(found > 0 && { rate: found }) };
}
