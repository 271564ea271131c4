/** Runs the torture program and traces its hash, and how often the collector ran meanwhile. */
import config from 'mc/config';
import { collections } from 'sim/meter';
import { torture } from './torture';

torture((config.rounds as number | undefined) ?? 12).then((hash) =>
  trace(`${hash} after ${collections()} collections\n`),
);
