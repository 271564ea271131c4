/**
 * Whether another device has this one's name. A broker ends the older of two connections of one name, and says nothing:
 * each of the two comes back at once, and ends the other's, for ever.
 *
 * Holds: only sessions that the broker had accepted, and ended soon after while nothing was on its way, are taken for
 * that, some in a row; a connection that fails in the midst of messages is a bad one.
 */
import { backoff } from '../backoff';

/** Sessions that end so before it is said. */
const suspicious = 5;
/** ms that such a session lives at the most, beside what the other one waits. */
const short = 10_000;
/** ms at most until this one comes back. */
const longest = 60_000;

export class Rivals {
  private ends = 0;

  /** An accepted session has ended. @param lived ms @returns ms to stay away; 0: nobody is suspected */
  ended(lived: number, byIdleBroker: boolean): number {
    if (lived > short + 2 * longest) this.ends = 0;
    else if (byIdleBroker && (lived < short || this.ends >= suspicious)) this.ends++;
    return this.ends < suspicious ? 0 : backoff(this.ends - suspicious, longest, Math.random());
  }
}
