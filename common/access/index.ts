/**
 * Who may use a door.
 *
 * In: where a door binds to, the file of users, what a request shows. Out: who that is, and what it may do.
 * Holds: keys are kept as salted hashes and compared in constant time; what is not loopback needs users and TLS; a
 * revoked key is of no use within a second.
 */
export { type Access, checkAccess, prove } from './access';
export { Audit } from './audit';
export { isKey, makeKey } from './keys';
export { anybody, type Membership, type Principal, principalOf } from './principal';
export { type Right, type Role, rightsOf, roles } from './roles';
export { keySchema, type StoredKey } from './user-file';
export { UserList, type UserView } from './user-list';
export { type Credential, Users } from './users';
export { WatchedFile, type WatchedFileOptions } from './watched-file';
