#!/usr/bin/env node
/** The program `sluice-gateway` of the package: `npm run package -w gateway` bundles it, with the page beside it. */
import { join } from 'node:path';
import { Command } from 'commander';
import { gatewayCommand } from './command';

const program = new Command('sluice-gateway');
gatewayCommand(program, async () => join(import.meta.dirname, 'page'));
await program.parseAsync();
