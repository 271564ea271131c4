/** Every bound on what a part may do: see proto/README.md, "Bounds". */
export const limits = {
  /** Bytes of a message. */
  message: 16_384,
  /** Bytes of a message before the part has proved itself. */
  messageBeforeProof: 512,
  /** Milliseconds from the connection to `Begin`. */
  handshake: 10_000,
  /** Milliseconds that a connection waits until it is served. */
  patience: 25_000,
  /** Milliseconds without a message after which a session is given up. */
  silence: 180_000,
  /** Bytes of blocks a part may have sent without an acknowledgement. */
  window: 32_768,
  /** Bytes of messages of a part that may wait for room in the log: what its transport has read before it is paused. */
  waiting: 131_072,
  /** Bytes that may wait for a slow reader. */
  unsent: 262_144,
  /** Streams of one boot. */
  streams: 256,
  /** Earlier boots of which a part may hold blocks. */
  retainedBoots: 16,
  /** Messages without blocks, answers to calls apart: in a burst, and a second. Who sends more is read more slowly. */
  burst: 200,
  rate: 20,
  /** Bytes of a message to a part. */
  messageToPart: 16_384,
  /** Messages that are under way to a part at most, whatever it says that it has room for. */
  receives: 64,
  /** To a part that does not say it: in a burst, and a second. It has room for eight. */
  untoldBurst: 4,
  untoldRate: 10,
  /** Milliseconds after which an acknowledgement follows one that has not been taken. */
  acknowledgementPause: 100,
  /** Calls that a part answers at a time, and those that wait for that. */
  callsUnderWay: 8,
  callsWaiting: 64,
  /** Bytes of a call's arguments, as JSON. */
  callParameters: 1_024,
  /** Devices that are remembered of a part, and for how many milliseconds after their last session began. */
  devices: 8,
  rivalry: 3_600_000,
  /** Losses kept of a part. */
  losses: 1_000,
  /** Characters of a stream's name, as JSON, that are kept with a loss. */
  lossName: 512,
  /** Corrections of its stamps that are kept of a part. */
  corrections: 64,
  /** Of one boot, as the part's own ledger holds. */
  ledger: 64,
  name: 64,
  resource: 256,
  parameters: 16,
  parameter: 256,
  tags: 16,
  problems: 32,
  details: 8_192,
  /** Of a call's result, all its parts together. */
  result: 12_288,
  /** Refused sessions that are logged, in so many milliseconds; all are counted. */
  refusals: 20,
  refusalPeriod: 10_000,
} as const;

/** Milliseconds until a part that was turned away should dial again. */
export const retryAfter = { storage: 10_000, drain: 1_000, rival: 60_000 } as const;
