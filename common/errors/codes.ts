/**
 * Every error code of the Node programs, in one table: what it means, what to do, and the HTTP status where one
 * applies. `docs/reference/errors.md` is made from it by `npm run generate`. Codes are stable: programs test them.
 */
export interface ErrorEntry {
  /** What has happened, as a sentence. */
  meaning: string;
  /** What the reader of the message can do about it, as a sentence. */
  remedy: string;
  /** Status of an HTTP answer that carries this error. Absent: it never reaches one. */
  status?: number;
}

export const errorCodes = Object.freeze({
  'authority-damaged': {
    meaning:
      'A file holds no certificate authority: its key or a certificate is missing, or they do not belong together.',
    remedy:
      'Take a copy that `sluice gateway authority export` has made, with `sluice gateway authority import`.',
  },
  'authority-ended': {
    meaning: 'The certificate of an authority has ended, so that nobody would connect.',
    remedy: 'Take a copy that was made after its renewal.',
  },
  'authority-exists': {
    meaning: 'What is to be written would replace a certificate authority.',
    remedy: 'Name another file; or, of an import, say --force: what is replaced is kept beside.',
  },
  'authority-missing': {
    meaning: 'There is no certificate authority in this directory.',
    remedy: 'Name the directory that the gateway keeps its state in; its first start makes the authority.',
  },
  'directory-in-use': {
    meaning: 'Another running process holds the lock of this directory.',
    remedy: 'Stop that process, which the message names, or give this one a directory of its own.',
  },
  'disk-full': {
    meaning:
      'There is less room left on the disk than the inbox holds back, so nothing new is taken, or than a deletion needs.',
    remedy:
      'Make room: it is taken again at once, and whoever sends it keeps it until then. A deletion is to be repeated.',
    status: 507,
  },
  'file-changed': {
    meaning: 'A file was written to while it was sent.',
    remedy: 'Nothing: it is sent again from its beginning once nobody has written to it for a while.',
  },
  'http-congested': {
    meaning: 'The bodies of requests that are coming in take all the memory that they may together.',
    remedy: 'Send it again after a moment, or as smaller requests.',
    status: 503,
  },
  'inbox-names-damaged': {
    meaning: 'The list of what was stored before cannot be read; only what the inbox still holds is known.',
    remedy: 'Look at the disk. What was stored before and is sent again now is stored twice.',
  },
  'inbox-newer-version': {
    meaning: 'An inbox was written by a newer release of this program.',
    remedy: 'Run that release or a later one; nothing has been changed.',
  },
  'lock-unusable': {
    meaning: 'The lock of a directory could not be taken for another reason than a holder.',
    remedy: 'Look at the cause: the directory must be writable, and on a local file system.',
  },
  'log-closed': {
    meaning: 'Something was asked of a log that is closed or closing.',
    remedy: 'Nothing: the program is shutting down, and what was not acknowledged comes again.',
    status: 503,
  },
  'log-congested': {
    meaning: 'More waits to be written to a log than its queue may hold.',
    remedy: 'Send it again later. If it stays so, the disk is slower than what arrives.',
    status: 503,
  },
  'log-cursor-damaged': {
    meaning: 'The file of a consumer’s position cannot be read; it starts again at the oldest record.',
    remedy: 'Nothing: what is delivered again is known by its name. Look at the disk when it happens twice.',
  },
  'log-damaged': {
    meaning: 'Records of a log that were durable cannot be read; reading goes on behind them.',
    remedy: 'Look at the disk. What is missing is counted, and the error names the positions.',
  },
  'log-newer-version': {
    meaning: 'A log was written by a newer release of this program.',
    remedy: 'Run that release or a later one; nothing has been changed.',
  },
  'log-position-gone': {
    meaning: 'A position was asked for that has been trimmed from the log.',
    remedy: 'Go on from the oldest position, which the error names, and refill what is missing.',
  },
  'log-position-ahead': {
    meaning: 'A position was asked for that the log has not reached.',
    remedy: 'The log is not the one the position comes from: look whether its directory was replaced.',
  },
  'log-record-too-large': {
    meaning: 'A record is longer than a log takes.',
    remedy: 'Store it as a file of its own and append its name.',
    status: 413,
  },
  'log-write-failed': {
    meaning: 'The disk did not take what was to be appended; nothing of it was kept.',
    remedy: 'Make room or look at the disk; it is tried again with the next append.',
    status: 503,
  },
  'machine-exists': {
    meaning: 'There is a machine of this id already.',
    remedy: 'Give it another configuration with `sluice cloud machine configure`, or remove it first.',
  },
  'machine-invalid': {
    meaning: 'A machine cannot have this id, project or configuration.',
    remedy: 'Mend what the message names.',
  },
  'machine-unknown': {
    meaning: 'There is no machine of this id.',
    remedy: 'Look at `sluice cloud machine list`.',
  },
  'machines-damaged': {
    meaning: 'The file of machines cannot be read, so no machine that is new in it is served.',
    remedy: 'Mend what the message names; while a program runs, those it knew before may go on.',
  },
  'machines-newer-version': {
    meaning: 'The file of machines was written by a newer release of this program.',
    remedy: 'Run that release or a later one; nothing has been changed.',
  },
  'outbox-closed': {
    meaning: 'Something was given to an outbox that is closed or closing.',
    remedy: 'Nothing: the gateway is shutting down, or its capture directory changes.',
    status: 503,
  },
  'outbox-damaged': {
    meaning: 'The gateway’s snapshot of what it holds cannot be read.',
    remedy:
      'Look at the disk. Moved away, capture files and log are taken up as far as they say what they are.',
  },
  'outbox-full': {
    meaning: 'The disk is slower than what arrives, or full: nothing more is taken before it has caught up.',
    remedy: 'Make room or look at the disk; it is tried again with what comes next.',
    status: 503,
  },
  'outbox-gone': {
    meaning: 'Somebody has removed the gateway’s own files while it runs.',
    remedy: 'Start the gateway again; parts keep what was not acknowledged.',
    status: 503,
  },
  'outbox-newer-version': {
    meaning: 'A capture directory was written by a newer release of this program.',
    remedy: 'Run that release or a later one; nothing has been changed.',
  },
  'outbox-disk-failed': {
    meaning:
      'The disk fails where the gateway keeps what it must know before it can start, or take something.',
    remedy: 'Look at the disk; nothing that was taken is lost, and it is tried again.',
    status: 503,
  },
  'stage-behind': {
    meaning:
      'The inbox is at its bound by a stage that cannot be filled again from another store, so nothing new is taken.',
    remedy:
      'Look at why that stage fails, as `sluice cloud stages` says. Whoever sends keeps what it has, and sends it again once the stage goes on.',
    status: 507,
  },
  'start-failed': {
    meaning: 'A part of the program could not start; what had started before it was closed again.',
    remedy: 'Look at the cause.',
  },
  'time-series-newer-version': {
    meaning: 'A time series was written by a newer release of this program.',
    remedy: 'Run that release or a later one; nothing has been changed.',
  },
  'time-series-rebuilding': {
    meaning: 'The time series is being built anew from the raw files, as far as the message says.',
    remedy: 'Ask again later. What arrives meanwhile is kept, and stored when it is done.',
    status: 503,
  },
  'time-series-unavailable': {
    meaning: 'The time series cannot be opened, for the reason that the message names.',
    remedy:
      'Put that right: it is tried again every minute. What arrives meanwhile is kept, and stored when it is open.',
    status: 503,
  },
  'uploads-busy': {
    meaning: 'As many files are being sent to the cloud as it takes at once.',
    remedy: 'Nothing: it is tried again.',
    status: 503,
  },
  'user-exists': {
    meaning: 'A user of this name is there already.',
    remedy: 'Revoke it first, give it a further key, or choose another name.',
  },
  'user-invalid': {
    meaning: 'A user, a project or its key cannot be as asked for.',
    remedy: 'The message says what does not fit.',
  },
  'user-unknown': {
    meaning: 'There is no user of this name.',
    remedy: "Look at 'sluice cloud user list'.",
  },
  'users-damaged': {
    meaning: 'The file of users cannot be read, so nobody new is let in.',
    remedy: 'Mend what the message names; while a program runs, those it knew before may go on.',
  },
  'users-newer-version': {
    meaning: 'The file of users was written by a newer release of this program.',
    remedy: 'Run that release or a later one; nothing has been changed.',
  },
} as const satisfies Record<string, ErrorEntry>);

export type ErrorCode = keyof typeof errorCodes;
