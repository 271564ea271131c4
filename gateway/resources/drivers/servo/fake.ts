/** `servo`/`fake`: stands where it was told to. */
import { z } from 'zod';
import { servo } from '../../apis/actuators';
import { defineDriver } from '../../driver';

export default defineDriver({
  api: servo,
  model: 'fake',
  doc: 'A servo without hardware that is at once where it is told to go.',
  attributes: z.object({
    starting_position_degs: z.int().min(0).max(360).default(0).describe('Degrees at the start.'),
  }),
  open({ attributes: { starting_position_degs } }) {
    let angle = starting_position_degs;
    return {
      methods: {
        Move: ({ angle_deg }) => {
          angle = angle_deg;
          return {};
        },
        GetPosition: () => ({ position_deg: angle }),
        Stop: () => ({}),
        IsMoving: () => ({ is_moving: false }),
      },
    };
  },
});
