/** What a restart by `System.restart()` leaves, looked at in the boot after it. */

import getResetReason from 'resetReason';
import Preference from 'preference';
import Time from 'time';
import { type Case, check, equal } from './harness';

const cases: Case[] = [
  {
    name: 'restart: the reason is Software, settings are kept, the ticks begin anew',
    run() {
      const { reason, string } = getResetReason();
      equal(`${reason} ${string}`, '3 Software', 'reason');
      equal(Preference.get('contract', 'restarted'), true, 'setting');
      Preference.delete('contract', 'restarted');
      check(Time.ticks < 60_000, `${Time.ticks} ms since boot`);
    },
  },
];

export default Object.freeze(cases, true);
