/** `sluice explain BLOCK`: every field of a block, annotated. */
import { longestText, readBounded } from '@sluice/common/text-file';
import type { Command } from 'commander';
import { BlockError } from '../../modules/block/block-error';
import { explainBlock } from '../../modules/block/explain.node.js';
import { guarded } from '../output';

export function register(program: Command): void {
  program
    .command('explain')
    .description('every field of a block: where it lies and what it says (modules/block/SPEC.md)')
    .argument('<block>', 'a file that holds one block')
    .option('--json', 'end with one line of JSON')
    .action(
      guarded((file: string, { json }: { json?: boolean }) => {
        const bytes = readBounded(file, longestText);
        if (bytes === undefined) throw new Error(`${file} is no block: it is longer than any`);
        const fields = explainBlock(bytes);
        if (fields instanceof BlockError)
          throw new Error(`${file} is no block: ${fields.message} [${fields.code}]`);
        console.log(`${file}: ${bytes.length} B`);
        for (const { bit, bits, name, value } of fields) {
          const place = `${bit >> 3}.${bit & 7}`.padStart(7);
          console.log(`${place} ${String(bits).padStart(5)} bits  ${name.padEnd(30)} ${value}`);
        }
        if (json) console.log(JSON.stringify({ bytes: bytes.length, fields }));
      }),
    );
}
