/** Viam's messages that the SDK's package holds and does not export, and messages as plain objects and back. */
export { type Authentication, AuthService } from './auth';
export * from './data-sync';
export { type AnyType, bytes, either, integer, many, message, nested, text } from './define';
export { Health, ServingStatus } from './health';
export { messageOf, type Plain, plainOf, structOf } from './plain';
export { reflectionServices } from './reflection';
