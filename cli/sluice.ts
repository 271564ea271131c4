#!/usr/bin/env tsx
/** The command line: `npx sluice <command>`. Each command lives in a file of its own under `cli/commands/`. */
import process from 'node:process';
import { runCommandLine } from './command-line';

// Whoever reads the output may have had enough: `sluice explain … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
await runCommandLine(process.argv.slice(2));
