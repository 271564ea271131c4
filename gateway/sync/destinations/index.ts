/** Every kind of destination that there is. */
import { blockDoor } from './block-door';
import { dataSync } from './data-sync';

export const destinationTypes = { 'block-door': blockDoor, 'viam-data-sync': dataSync } as const;
