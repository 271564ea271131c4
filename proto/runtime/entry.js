// Entry of the bundle proto/link.js: the code generated from link.proto with the runtime it needs. XS freezes all
// that is reachable (its `true`), as a module in an ESP32's flash must be; elsewhere this freezes the namespace.
export { Reader, Writer } from 'protobufjs/minimal.js';
export { sluice } from 'link.static';

import { sluice } from 'link.static';
import protobuf from 'protobufjs/minimal.js';

export const link = Object.freeze(sluice.link, true);
Object.freeze(sluice, true);
Object.freeze(protobuf, true);
