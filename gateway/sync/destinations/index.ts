/** Every kind of destination that there is. */
import { blockDoor } from './block-door';

export const destinationTypes = { 'block-door': blockDoor } as const;
