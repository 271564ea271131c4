/** `microseconds`: adds `Time.microseconds`, as the SDK's module does. */
import Time from 'time';

Object.defineProperties(Time, {
  microseconds: { enumerable: true, get: native('sim_time_microseconds') },
});
