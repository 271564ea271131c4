/** `motor`/`fake`: turns as fast as it is told, in no time. */
import { z } from 'zod';
import { motor } from '../../apis/actuators';
import { defineDriver } from '../../driver';

const minute = 60_000;

export default defineDriver({
  api: motor,
  model: 'fake',
  doc: 'A motor without hardware. While it has power it turns, at full power with `max_rpm`; moves by a number of turns are done at once.',
  attributes: z.object({
    max_rpm: z.number().positive().default(60).describe('Revolutions a minute at full power.'),
    fake_position: z.number().default(0).describe('Revolutions at the start.'),
    encoder: z.string().optional().describe('Has no effect.'),
    board: z.string().optional().describe('Has no effect.'),
    pins: z.record(z.string(), z.unknown()).optional().describe('Has no effect.'),
  }),
  open({ attributes: { max_rpm, fake_position } }) {
    let [turns, power, at] = [fake_position, 0, performance.now()];
    const position = () => {
      const now = performance.now();
      turns += ((now - at) / minute) * power * max_rpm;
      at = now;
      return turns;
    };
    const give = (share: number) => {
      position();
      power = share;
      return {};
    };
    return {
      methods: {
        SetPower: ({ power_pct }) => give(power_pct),
        SetRPM: ({ rpm }) => give(Math.max(-1, Math.min(1, rpm / max_rpm))),
        GoFor: ({ rpm, revolutions }) => {
          give(0);
          turns += Math.sign(rpm || 1) * revolutions;
          return {};
        },
        GoTo: ({ position_revolutions }) => {
          give(0);
          turns = position_revolutions;
          return {};
        },
        ResetZeroPosition: ({ offset }) => {
          position();
          turns = -offset;
          return {};
        },
        GetPosition: () => ({ position: position() }),
        GetProperties: () => ({ position_reporting: true }),
        Stop: () => give(0),
        IsPowered: () => ({ is_on: power !== 0, power_pct: power }),
        IsMoving: () => ({ is_moving: power !== 0 }),
      },
    };
  },
});
