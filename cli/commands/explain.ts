/** `sluice explain BLOCK`: every field of a block, annotated. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { BlockError } from '../../modules/block/block-error';
import { explainBlock } from '../../modules/block/explain.node.js';

export function register(program: Command): void {
  program
    .command('explain')
    .description('every field of a block: where it lies and what it says (modules/block/SPEC.md)')
    .argument('<block>', 'a file that holds one block')
    .action((file: string) => {
      let bytes: Buffer;
      try {
        bytes = readFileSync(file);
      } catch (error) {
        return program.error(`explain: cannot read ${file}: ${(error as Error).message}`);
      }
      const fields = explainBlock(bytes);
      if (fields instanceof BlockError)
        program.error(`explain: ${file} is no block: ${fields.message} [${fields.code}]`);
      console.log(`${file}: ${bytes.length} B`);
      for (const { bit, bits, name, value } of fields) {
        const place = `${bit >> 3}.${bit & 7}`.padStart(7);
        console.log(`${place} ${String(bits).padStart(5)} bits  ${name.padEnd(30)} ${value}`);
      }
    });
}
