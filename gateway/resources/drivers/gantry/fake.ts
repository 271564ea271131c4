/** `gantry`/`fake`: stands where it was told to. */
import { z } from 'zod';
import { gantry } from '../../apis/actuators';
import { defineDriver } from '../../driver';

export default defineDriver({
  api: gantry,
  model: 'fake',
  doc: 'A gantry without hardware that is at once where it is told to go.',
  attributes: z.object({
    lengths_mm: z.array(z.number().positive()).min(1).max(12).default([5]).describe('Length of each axis.'),
  }),
  open({ attributes: { lengths_mm } }) {
    let positions = lengths_mm.map(() => 0);
    return {
      methods: {
        GetPosition: () => ({ positions_mm: positions }),
        GetLengths: () => ({ lengths_mm }),
        MoveToPosition: ({ positions_mm }) => {
          if (positions_mm.length !== lengths_mm.length)
            throw new RangeError(`this gantry has ${lengths_mm.length} axes, not ${positions_mm.length}`);
          positions_mm.forEach((position, axis) => {
            if (position < 0 || position > lengths_mm[axis]!)
              throw new RangeError(`axis ${axis} goes from 0 to ${lengths_mm[axis]} mm, not to ${position}`);
          });
          positions = positions_mm;
          return {};
        },
        Home: () => {
          positions = lengths_mm.map(() => 0);
          return { homed: true };
        },
        Stop: () => ({}),
        IsMoving: () => ({ is_moving: false }),
      },
    };
  },
});
