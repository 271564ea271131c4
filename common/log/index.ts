/**
 * The log: what is in it is acknowledged, and goes on from there.
 *
 * What comes in: records, in batches. What goes out: the same, in order, to any number of consumers, each at its own
 * pace. What holds: README.md.
 */
export type { Cursor, Lag } from './cursor';
export type { Damage } from './damage';
export { type LogRecord, longestRecord, type NewRecord, type Position } from './format';
export { Log, type LogOptions } from './log';
export type { LogBatch, LogReader } from './reader';
export type { LogWriter } from './writer';
