/** `sensor`/`fake`: the readings of viam-server's, or those that it is given. */
import { schemaFault } from '@sluice/common/errors';
import { z } from 'zod';
import { CallError } from '../../../../proto/call-error';
import { sensor } from '../../apis/sensor';
import { defineDriver } from '../../driver';

const leaves = z.record(z.string(), z.union([z.number(), z.boolean(), z.string()]));
const given = z.strictObject({ readings: leaves });

export default defineDriver({
  api: sensor,
  model: 'fake',
  doc: 'A sensor without hardware that gives the same readings each time. `DoCommand` `{"readings": {…}}` gives it others.',
  attributes: z.object({
    readings: leaves.default({ a: 1, b: 2, c: 3 }).describe('What it gives.'),
  }),
  open({ attributes }) {
    let { readings } = attributes;
    return {
      methods: {
        GetReadings: () => ({ readings }),
        DoCommand: ({ command }) => {
          const { data, error } = given.safeParse(command);
          if (error) {
            const issue = error.issues[0]!;
            throw new CallError('wrong-argument', `command.${issue.path.join('.')}: ${schemaFault(issue)}`);
          }
          readings = data.readings;
          return { result: { readings } };
        },
      },
    };
  },
});
