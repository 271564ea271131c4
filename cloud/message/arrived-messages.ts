/** What an arrival says, as messages: itself, or what its blocks stand for, block by block. */
import { BlockError } from '../../modules/block/block-error';
import { decodeBlock } from '../../modules/block/decoder';
import { blockName, type CapturedBlock, type CaptureFileMetadata } from '../../modules/block/file';
import { expandBlock } from './block-messages';
import { type Message, parseMessage } from './message';

interface ArrivedBlocks {
  appId: string;
  remote?: string;
  arrived: number;
  metadata: CaptureFileMetadata;
}

/** @throws Error that says why it is none: of a fault of ours, since a door has checked it */
export function messageOf(arrival: { line: Uint8Array; arrived: number }): Message {
  const parsed = parseMessage(arrival.line, undefined, arrival.arrived);
  if ('refusal' in parsed) throw new Error(`${parsed.refusal.path} ${parsed.refusal.message}`);
  return parsed.message;
}

/** @throws Error that says why it stands for none */
export function messagesOfBlock(arrival: ArrivedBlocks, captured: CapturedBlock): Message[] {
  const block = decodeBlock(captured.bytes);
  if (block instanceof BlockError)
    throw new Error(`block ${captured.sequence}: ${block.code} at byte ${block.offset}`);
  const { appId, remote, metadata, arrived } = arrival;
  const name = blockName(metadata, captured.sequence);
  return expandBlock({ appId, remote, metadata, name, mapping: captured.mapping, block, arrival: arrived });
}
