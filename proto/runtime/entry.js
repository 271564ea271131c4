// Entry of the bundle proto/link.js: the code generated from link.proto with the runtime it needs.
export { Reader, Writer } from 'protobufjs/minimal.js';
export { sluice } from 'link.static';

import { sluice } from 'link.static';

export const link = sluice.link;
