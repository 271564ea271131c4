/**
 * The block door: a capture file comes over as the gateway has it; its blocks are opened here, deduplicated by name,
 * and stored as messages. One bad block is refused by name and does not stop the others of its file.
 */
import { z } from 'zod';
import { BlockError } from '../../modules/block/block-error';
import { decodeBlock } from '../../modules/block/decoder';
import {
  blockName,
  type CapturedBlock,
  type CaptureFileMetadata,
  readCaptureFile,
} from '../../modules/block/file';
import { deviceOf, expandBlock } from '../message/block-messages';
import { identifierProblem } from '../message/message';
import type { Commit, Outcome } from '../stores/commit';

export interface BlocksAnswer {
  /** Blocks stored now, and those that were stored before. */
  blocks: number;
  duplicates: number;
  /** Readings stored now. */
  readings: number;
  refused: { block: string; reason: string }[];
}

/** Who hands in a file. */
export interface Sender {
  appId: string;
  /** The main part's name. */
  main: string;
  /** What the main calls the part whose file it is, if not by its name. */
  remote?: string | undefined;
}

const u32 = z.int().min(0).max(0xffff_ffff);
const text = z.string().min(1).max(256);
const remoteName = z.string().min(1).max(1024);

export function isRemoteName(value: unknown): value is string {
  return remoteName.safeParse(value).success;
}

const metadataSchema = z.object({
  part: text.regex(/^[^/]+$/),
  boot: z.object({ counter: u32, random: u32 }),
  stream: u32,
  owner: z.enum(['part', 'main']),
  resource: text.regex(/\/./),
  method: text,
  parameters: z.record(z.string(), z.string()),
  tags: z.array(text),
});

/** A file of a quiet pin holds millions of readings: no more than these are expanded before they are stored. */
const expandedLimit = 50_000;

export class BlockDoor {
  readonly #commit: Commit;
  readonly #now: () => number;

  constructor(commit: Commit, now: () => number) {
    this.#commit = commit;
    this.#now = now;
  }

  /**
   * Durable when the promise is kept; broken when a store failed, and then to be repeated.
   * @returns a text when the file as a whole is of no use
   */
  async receive(file: Uint8Array, sender: Sender): Promise<BlocksAnswer | string> {
    const opened = open(file, sender);
    if (typeof opened === 'string') return opened;
    const { metadata, blocks, torn } = opened;
    const answer: BlocksAnswer = { blocks: 0, duplicates: 0, readings: 0, refused: [] };
    if (torn) answer.refused.push({ block: `at byte ${torn.offset}`, reason: torn.reason });
    let storing: Promise<Outcome>[] = [];
    let expandedReadings = 0;
    for (const block of blocks) {
      const expanded = this.#expand(metadata, block, sender);
      if (typeof expanded === 'string') {
        answer.refused.push({ block: blockName(metadata, block.sequence), reason: expanded });
        continue;
      }
      storing.push(this.#commit.store({ block: expanded }));
      expandedReadings += expanded.messages.length;
      if (expandedReadings < expandedLimit) continue;
      count(answer, await Promise.all(storing));
      storing = [];
      expandedReadings = 0;
    }
    count(answer, await Promise.all(storing));
    return answer;
  }

  #expand(metadata: CaptureFileMetadata, { sequence, mapping, bytes }: CapturedBlock, sender: Sender) {
    const block = decodeBlock(bytes);
    if (block instanceof BlockError) return `${block.code} at byte ${block.offset}`;
    const { boot, stream } = block;
    if (
      boot.counter !== metadata.boot.counter ||
      boot.random !== metadata.boot.random ||
      stream !== metadata.stream ||
      block.sequence !== sequence
    ) {
      return 'is another block than its file says';
    }
    const name = blockName(metadata, sequence);
    try {
      const messages = expandBlock({ ...sender, metadata, name, mapping, block, arrival: this.#now() });
      return {
        stream: `${sender.appId}/${deviceOf(metadata, sender.main)}/${name.slice(0, name.lastIndexOf('/'))}`,
        sequence,
        messages,
      };
    } catch (error) {
      return (error as Error).message;
    }
  }
}

function count(answer: BlocksAnswer, outcomes: readonly Outcome[]): void {
  for (const { stored } of outcomes) {
    if (stored > 0) answer.blocks++;
    else answer.duplicates++;
    answer.readings += stored;
  }
}

function open(file: Uint8Array, { appId, main }: Sender) {
  let contents: ReturnType<typeof readCaptureFile>;
  try {
    contents = readCaptureFile(file);
  } catch (error) {
    return (error as Error).message;
  }
  const checked = metadataSchema.safeParse(contents.metadata);
  if (!checked.success) {
    const issue = checked.error.issues[0]!;
    return `metadata.${issue.path.join('.')}: ${issue.message}`;
  }
  const unusable =
    identifierProblem('app_id', appId) ?? identifierProblem('dev_id', deviceOf(contents.metadata, main));
  return unusable ? `${unusable.path} ${unusable.message}` : contents;
}
