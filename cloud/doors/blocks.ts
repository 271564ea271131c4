/**
 * The block door: a capture file comes over as the gateway has it; its blocks are decoded to be checked, left out when
 * their names were stored before, and kept as they are. One bad block is refused by name and does not stop the others of
 * its file. A file of a quiet pin stands for millions of readings: it is taken in portions, and others have their turn.
 */
import { schemaFault } from '@sluice/common/errors';
import { z } from 'zod';
import { BlockError } from '../../modules/block/block-error';
import { type DecodedBlock, decodeBlock } from '../../modules/block/decoder';
import {
  blockName,
  type CapturedBlock,
  type CaptureFileMetadata,
  readCaptureFile,
} from '../../modules/block/file';
import { flattenBounds, leavesOf } from '../../modules/message/platform-message';
import type { Intake } from '../inbox/intake';
import { expandBlock } from '../message/block-messages';
import { identifierProblem, timeLimit } from '../message/message';

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

/** Readings decoded before others have their turn. */
const turnReadings = 50_000;

export class BlockDoor {
  readonly #intake: Intake;
  readonly #now: () => number;

  constructor(intake: Intake, now: () => number) {
    this.#intake = intake;
    this.#now = now;
  }

  /**
   * Durable when the promise is kept; broken when the inbox failed, and then to be repeated.
   * @returns a text when the file as a whole is of no use
   */
  async receive(file: Uint8Array, sender: Sender): Promise<BlocksAnswer | string> {
    const opened = open(file, sender);
    if (typeof opened === 'string') return opened;
    const { metadata, blocks, torn } = opened;
    const answer: BlocksAnswer = { blocks: 0, duplicates: 0, readings: 0, refused: [] };
    if (torn) answer.refused.push({ block: `at byte ${torn.offset}`, reason: torn.reason });
    let portion: CapturedBlock[] = [];
    let readings = 0;
    const take = async () => {
      await this.#take(metadata, portion, sender, answer);
      portion = [];
      readings = 0;
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (const block of blocks) {
      const checked = check(metadata, block);
      if (typeof checked === 'string') {
        answer.refused.push({ block: blockName(metadata, block.sequence), reason: checked });
        continue;
      }
      portion.push(checked);
      readings += checked.readings;
      if (readings >= turnReadings) await take();
    }
    if (portion.length > 0) await take();
    return answer;
  }

  async #take(
    metadata: CaptureFileMetadata,
    blocks: CapturedBlock[],
    { appId, main, remote }: Sender,
    answer: BlocksAnswer,
  ): Promise<void> {
    const of = { arrived: this.#now(), appId, devId: metadata.part };
    const stored = await this.#intake.blocks(
      { kind: 'blocks', ...of, main, ...(remote !== undefined && { remote }), metadata, blocks },
      async (block) => {
        const readings = await this.#split(metadata, block, { appId, main, remote });
        answer.readings += readings;
      },
    );
    const fresh = new Map(blocks.map((block) => [block.sequence, block]));
    for (const { sequence } of stored.whole) answer.readings += fresh.get(sequence)!.readings;
    answer.blocks += stored.whole.length + stored.parted.length;
    answer.duplicates += blocks.length - stored.whole.length - stored.parted.length;
  }

  /** Readings of which some have come one by one: the others go the same way. */
  async #split(metadata: CaptureFileMetadata, captured: CapturedBlock, sender: Sender): Promise<number> {
    const block = decodeBlock(captured.bytes) as DecodedBlock;
    const name = blockName(metadata, captured.sequence);
    const arrived = this.#now();
    const messages = expandBlock({
      ...sender,
      metadata,
      name,
      mapping: captured.mapping,
      block,
      arrival: arrived,
    });
    const stored = await Promise.all(
      messages.map(({ appId, devId, line, name }) =>
        this.#intake.message({
          kind: 'message',
          arrived,
          appId,
          devId,
          line: Buffer.from(line),
          ...(name && { name }),
        }),
      ),
    );
    return stored.filter(Boolean).length;
  }
}

/** The block with the readings that it has; a text says what is wrong with it. */
function check(
  metadata: CaptureFileMetadata,
  { sequence, mapping, bytes }: CapturedBlock,
): CapturedBlock | string {
  const block = decodeBlock(bytes);
  if (block instanceof BlockError) return `${block.code} at byte ${block.offset}`;
  const { boot, stream } = block;
  if (
    boot.counter !== metadata.boot.counter ||
    boot.random !== metadata.boot.random ||
    stream !== metadata.stream ||
    block.sequence !== sequence
  )
    return 'is another block than its file says';
  const { start, end } = block.edges();
  for (const edge of [start, end])
    if (!(Math.abs(Math.floor(edge + mapping.offset)) <= timeLimit))
      return `has a time that is no date: ${edge + mapping.offset}`;
  if (block.kind === 'record')
    for (const record of block.values as object[])
      if (leavesOf(record) === undefined) return `has ${flattenBounds}`;
  return { sequence, readings: block.count, mapping, bytes };
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
    return `metadata.${issue.path.join('.')}: ${schemaFault(issue)}`;
  }
  const unusable = identifierProblem('app_id', appId) ?? identifierProblem('dev_id', contents.metadata.part);
  if (!isRemoteName(main)) return 'the main part has no usable name';
  return unusable ? `${unusable.path} ${unusable.message}` : contents;
}
