/**
 * The certificate authority of this machine, and servers' certificates by it.
 *
 * In: a directory that keeps the authority. Out: what a TLS server needs, what parts pin, and a copy for another machine.
 * Holds: one authority a directory, whose key outlives its certificates; it is readable by its owner only.
 */
export { certificateFor, openAuthority, type ServerIdentity } from './authority';
export {
  type AuthorityView,
  exportAuthority,
  importAuthority,
  renewAuthority,
  showAuthority,
} from './authority-keeping';
export { followNames, ownNames } from './own-names';
