/** `encoder`/`fake`: turns at a constant rate. */
import { z } from 'zod';
import { CallError } from '../../../../proto/call-error';
import { encoder } from '../../apis/actuators';
import { defineDriver } from '../../driver';

/** `PositionType` of encoder.v1 */
const degreesType = 2;
const ticksType = 1;

export default defineDriver({
  api: encoder,
  model: 'fake',
  doc: 'An encoder without hardware that turns at a constant rate.',
  attributes: z.object({
    ticks_per_second: z.number().default(0).describe('How fast it turns; negative: backwards.'),
  }),
  open({ attributes: { ticks_per_second } }) {
    let since = performance.now();
    return {
      methods: {
        GetPosition: ({ position_type }) => {
          if (position_type === degreesType)
            throw new CallError('wrong-argument', 'this encoder counts ticks, not degrees');
          const value = Math.trunc(((performance.now() - since) / 1000) * ticks_per_second);
          return { value, position_type: ticksType };
        },
        ResetPosition: () => {
          since = performance.now();
          return {};
        },
        GetProperties: () => ({ ticks_count_supported: true, angle_degrees_supported: false }),
      },
    };
  },
});
