/** What the platform did with what came, since its start. */
export class Counters {
  /** Messages stored, of all doors; a block's readings count one each. */
  stored = 0;
  /** Left out because their names were stored before. */
  duplicates = 0;
  /** Refused: the topic names another project or device. */
  ignored = 0;
  /** Refused: not a standardised message. */
  invalid = 0;
  /** Not stored because a store failed; never acknowledged. */
  failed = 0;
  blocks = 0;
  duplicateBlocks = 0;
  /** Blocks that do not decode, or cannot be expanded to messages. */
  refusedBlocks = 0;
  /** Capture files of no use as a whole. */
  refusedFiles = 0;
}
