/** `sensor`/`fake`: the readings of viam-server's, or those that it is given. */
import { z } from 'zod';
import { sensor } from '../../apis/sensor';
import { defineDriver } from '../../driver';

export default defineDriver({
  api: sensor,
  model: 'fake',
  doc: 'A sensor without hardware that gives the same readings each time.',
  attributes: z.object({
    readings: z
      .record(z.string(), z.union([z.number(), z.boolean(), z.string()]))
      .default({ a: 1, b: 2, c: 3 })
      .describe('What it gives.'),
  }),
  open: ({ attributes: { readings } }) => ({ methods: { GetReadings: () => ({ readings }) } }),
});
