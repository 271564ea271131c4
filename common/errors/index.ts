/**
 * What goes wrong, with a name.
 *
 * What comes in: a code of the table, a sentence, what it is about. What goes out: one error class for log, HTTP
 * answer and exit message, and the reference of all codes. What holds: a code has one meaning and never changes it.
 */
export { type ErrorCode, type ErrorEntry, errorCodes } from './codes';
export { errorReference } from './reference';
export { isMissing, schemaFault } from './schema-fault';
export { sentenceOf } from './sentence';
export { asError, type ErrorDetails, isSluiceError, SluiceError, systemCode } from './sluice-error';
export { withoutPaths } from './without-paths';
