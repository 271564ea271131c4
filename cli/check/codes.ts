/**
 * Every problem that `sluice check` can name. Most are the device's own (`modules/config/problems.ts`): the same parser
 * finds them. The others only show when files, chips and programs are looked at together.
 */
import { type ProblemCode, problemCodes } from '../../modules/config/problems';

export const checkCodes = {
  'cannot-read': 'The file cannot be read, or is not text in UTF-8.',
  'board-as-main': "A board's own configuration stands where a main part's is wanted.",
  'main-as-board': "A main part's configuration stands where a board's own is wanted.",
  'bad-value': 'A text that the cloud cannot use: it is no such address, no time zone, none of the choices.',
  'two-owners':
    "The board's own configuration and the main's for it capture the same: both run, and each reading is stored and sent twice.",
  'cache-too-large': 'The capture partition has no room for this cache beside those before it.',
  'rate-too-high':
    'The chip, or its timer of whole milliseconds, cannot keep up: readings are missed and counted.',
  'console-pin':
    'The pin also carries the serial console or USB, over which the board is flashed and debugged.',
  'strapping-pin':
    'The chip reads the pin at a reset. What holds it at the wrong level then keeps the board from starting.',
  'number-as-text': 'A number is written in quotes. It is read all the same; other programs refuse it.',
  'zero-is-default': 'Zero is read as not set, so that the default is taken.',
  'same-secret': 'Two remotes have the same secret: each of the two parts can pass for the other.',
} as const;

export type CheckCode = ProblemCode | keyof typeof checkCodes;

export const allCodes: Readonly<Record<CheckCode, string>> = { ...problemCodes, ...checkCodes };

/** Codes that only a device that runs can come to. */
export const codesOfRunning: readonly CheckCode[] = [
  'duplicate-part',
  'flash-format',
  'no-partition',
  'not-stored',
];
