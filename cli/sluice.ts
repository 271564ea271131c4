#!/usr/bin/env tsx
/** The command line: `npx sluice <command>`. Each command lives in a file of its own under `cli/commands/`. */
import { Command } from 'commander';

const program = new Command('sluice').description(
  'Every reading of a sensor on an ESP32, safely to where it is wanted',
);

const commands = {
  // name: () => import('./commands/<name>'), which exports `register(program)`
  check: () => import('./commands/check'),
  cloud: () => import('./commands/cloud'),
  gateway: () => import('./commands/gateway'),
  explain: () => import('./commands/explain'),
  pack: () => import('./commands/pack'),
  sim: () => import('./commands/sim'),
  plan: () => import('./commands/plan'),
  serve: () => import('./commands/serve'),
  start: () => import('./commands/start'),
} satisfies Record<string, () => Promise<{ register(program: Command): void }>>;

for (const load of Object.values<() => Promise<{ register(program: Command): void }>>(commands)) {
  (await load()).register(program);
}
await program.parseAsync();
