/**
 * What the programs that run until they are told to end have in common.
 *
 * What comes in: what a program starts. What goes out: it runs, once a directory, until a signal; or a sentence says
 * why not. What holds: at a signal everything ends in the opposite order, in bounded time; at the second one, at once.
 */
export { type DoorAccess, type DoorOptions, doorAccess, followCertificate } from './doors';
export { namingPort, runUntilSignal } from './program';
