/**
 * The certificate authority of this machine, and servers' certificates by it.
 *
 * In: a directory that keeps the authority. Out: what a TLS server needs, and what parts pin.
 * Holds: one authority a directory for ever; its key is readable by its owner only.
 */
export { certificateFor, openAuthority, type ServerIdentity } from './authority';
export { followNames } from './own-names';
