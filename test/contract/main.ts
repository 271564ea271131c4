/** The contract of the Moddable modules that the firmware uses: see README.md. */
import base from './cases/base';
import { runAll } from './cases/harness';
import io from './cases/io';
import mqtt from './cases/mqtt';
import sockets from './cases/sockets';
import { offline, online } from './cases/wifi';

runAll([...base, ...io, ...offline, ...online, ...sockets, ...mqtt]);
