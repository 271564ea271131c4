/**
 * The block door: a capture file comes over as the gateway has it; its blocks are decoded to be checked, left out when
 * their names were stored before, and kept as they are. One bad block is refused by name and does not stop the others of
 * its file.
 *
 * A file of a quiet pin stands for hundreds of millions of readings. It is taken in portions, each when the disk has room
 * for what it is opened to; between two of them others have their turn, also those that send such files.
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
import { flattenBounds } from '../../modules/message/platform-message';
import type { Intake } from '../inbox/intake';
import { expandBlock } from '../message/block-messages';
import { identifierProblem, timeLimit } from '../message/message';
import { type OpenedSize, OpenedSizes } from './opened-size';

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

/** Readings decoded, and bytes that they are opened to as messages, before others have their turn. */
const turnReadings = 50_000;
const turnBytes = 16 << 20;
/** Of one block, which is opened as one. */
const largestOpened = 128 << 20;

export interface BlockDoorOptions {
  intake: Intake;
  now(): number;
  /** Whether a project's blocks become JSON lines at arrival. */
  asJson(appId: string): boolean;
  /** @param bytes that the stores of this machine are going to write @throws SluiceError disk-full */
  admit(bytes: number): void;
  /** Told of what they are going to write of what is in the inbox now. */
  owe(bytes: number): void;
}

interface Portion {
  blocks: CapturedBlock[];
  readings: number;
  size: OpenedSize;
}

export class BlockDoor {
  readonly #options: BlockDoorOptions;
  #turns: Promise<unknown> = Promise.resolve();

  constructor(options: BlockDoorOptions) {
    this.#options = options;
  }

  /**
   * Durable when the promise is kept; broken when the inbox failed, and then to be repeated.
   * @returns a text when the file as a whole is of no use
   * @throws SluiceError disk-full: a part of it may be stored, which is known when it comes again
   */
  async receive(file: Uint8Array, sender: Sender): Promise<BlocksAnswer | string> {
    const opened = open(file, sender);
    if (typeof opened === 'string') return opened;
    const { metadata, blocks, torn } = opened;
    const answer: BlocksAnswer = { blocks: 0, duplicates: 0, readings: 0, refused: [] };
    if (torn) answer.refused.push({ block: `at byte ${torn.offset}`, reason: torn.reason });
    const sizes = new OpenedSizes(metadata, sender.appId, sender.remote);
    let portion = emptyPortion();
    const take = async () => {
      await this.#take(metadata, portion, sender, answer);
      portion = emptyPortion();
      await this.#turn();
    };
    for (const block of blocks) {
      const checked = check(metadata, block, sizes);
      if (typeof checked === 'string') {
        answer.refused.push({ block: blockName(metadata, block.sequence), reason: checked });
        continue;
      }
      const { size } = portion;
      portion.blocks.push(checked.block);
      portion.readings += checked.block.readings;
      size.lines += checked.size.lines;
      size.rows += checked.size.rows;
      if (portion.readings >= turnReadings || size.lines >= turnBytes) await take();
    }
    if (portion.blocks.length > 0) await take();
    return answer;
  }

  /** One after the other, whoever asks. */
  #turn(): Promise<unknown> {
    this.#turns = this.#turns.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.#turns;
  }

  async #take(
    metadata: CaptureFileMetadata,
    { blocks, size }: Portion,
    { appId, main, remote }: Sender,
    answer: BlocksAnswer,
  ): Promise<void> {
    const { intake, now, asJson, admit, owe } = this.#options;
    const bytes = size.rows + (asJson(appId) ? size.lines : 0);
    admit(bytes);
    const of = { arrived: now(), appId, devId: metadata.part };
    const stored = await intake.blocks(
      { kind: 'blocks', ...of, main, ...(remote !== undefined && { remote }), metadata, blocks },
      async (block) => {
        const readings = await this.#split(metadata, block, { appId, main, remote });
        answer.readings += readings;
      },
    );
    const taken = stored.whole.length + stored.parted.length;
    owe((bytes * taken) / blocks.length);
    const fresh = new Map(blocks.map((block) => [block.sequence, block]));
    for (const { sequence } of stored.whole) answer.readings += fresh.get(sequence)!.readings;
    answer.blocks += taken;
    answer.duplicates += blocks.length - taken;
  }

  /** Readings of which some have come one by one: the others go the same way. */
  async #split(metadata: CaptureFileMetadata, captured: CapturedBlock, sender: Sender): Promise<number> {
    const block = decodeBlock(captured.bytes) as DecodedBlock;
    const name = blockName(metadata, captured.sequence);
    const { intake, now, admit } = this.#options;
    const arrived = now();
    const messages = expandBlock({
      ...sender,
      metadata,
      name,
      mapping: captured.mapping,
      block,
      arrival: arrived,
    });
    // These are in the inbox as they are.
    admit(messages.reduce((sum, { line }) => sum + line.length, 0));
    const stored = await Promise.all(
      messages.map(({ appId, devId, line, name }) =>
        intake.message({
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

const emptyPortion = (): Portion => ({ blocks: [], readings: 0, size: { lines: 0, rows: 0 } });

/** The block with the readings that it has, and what they are opened to; a text says what is wrong with it. */
function check(
  metadata: CaptureFileMetadata,
  { sequence, mapping, bytes }: CapturedBlock,
  sizes: OpenedSizes,
): { block: CapturedBlock; size: OpenedSize } | string {
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
  const size = sizes.of(block, mapping.known);
  if (size === undefined) return `has ${flattenBounds}`;
  if (size.lines > largestOpened) return `opens to more than ${largestOpened} bytes of messages`;
  return { block: { sequence, readings: block.count, mapping, bytes }, size };
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
