/** The contract of the Moddable modules that the firmware uses: see README.md. */
import Preference from 'preference';
import base from './cases/base';
import { runAll } from './cases/harness';
import io from './cases/io';
import restart from './cases/restart';
import tcp from './cases/tcp';
import websocket from './cases/websocket';
import { offline, online } from './cases/wifi';

// The first boot only restarts: the cases of the second look at what is known of that.
if (Preference.get('contract', 'restarted') === undefined) {
  Preference.set('contract', 'restarted', true);
  System.restart();
} else {
  runAll([...restart, ...base, ...io, ...offline, ...online, ...tcp, ...websocket]);
}
