/** Every kind of destination that there is. */
import { blockDoor } from './block-door';
import { dataSync } from './data-sync';
import { platformHttp } from './platform-http';
import { platformMqtt } from './platform-mqtt';

export const destinationTypes = {
  'block-door': blockDoor,
  'viam-data-sync': dataSync,
  'platform-mqtt': platformMqtt,
  'platform-http': platformHttp,
} as const;
