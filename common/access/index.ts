/**
 * Who may use a door.
 *
 * In: where a door binds to, what a request shows. Out: whether it may.
 * Holds: secrets are compared in constant time; what is not loopback needs a key.
 */
export { type Access, checkAccess, keyMatches } from './access';
