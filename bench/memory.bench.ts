/** The memory of an ESP32-C3 that an ordinary load takes, the uplink to the real gateway included. */
import {
  type Conditions,
  fifteenStreams,
  fifteenStreamsArena,
  runSmallDevice,
} from '../test/simulation/small-device';
import { atLeast, atMost, type Figure, plain } from './figure';

/** By then every encoder has tried what it tries. */
const minutes = 8;
/** Of all at once; `npm run soak -- full-device` runs a day of it. */
const fullMinutes = 60;
const none = { ...fifteenStreams, analogs: [], added: [], gpios: [], sensors: [] };

export default async function (): Promise<Figure[]> {
  const measure = async (load: typeof fifteenStreams, conditions: Conditions, time = minutes) => {
    const outcome = await runSmallDevice(time, load, conditions);
    if (outcome.exit !== undefined) throw new Error(outcome.exit);
    return outcome;
  };
  const steady = await measure(fifteenStreams, { arena: fifteenStreamsArena, reconfigured: false });
  const changed = await measure(fifteenStreams, {});
  const full = await measure(fifteenStreams, { secure: true, watched: true }, fullMinutes);
  const empty = await measure(none, { reconfigured: false });
  const count = steady.streams.length;
  return [
    atMost(
      'arena of an ESP32-C3, twelve streams at 100 Hz and three Readings, uplink up',
      steady.peak,
      'B',
      65_536,
      'an ESP32-C3 has 94,208 B',
    ),
    plain('the same while its configuration is changed', changed.peak, 'B'),
    atLeast(
      'free at the peak of an hour of them over TLS, asked for the status each second, reconfigured',
      full.free,
      'B',
      6_144,
    ),
    plain('live, fifteen streams, without the stack', steady.late, 'B'),
    plain('live, no stream', empty.late, 'B'),
    plain('a stream', Math.round((steady.late - empty.late) / count), 'B'),
  ];
}
