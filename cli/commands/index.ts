/** The table of commands. */
import type { Command } from 'commander';

export interface CommandModule {
  register(program: Command): void;
}

/** By name: its module is loaded when it is asked for. */
export const commands: Readonly<Record<string, () => Promise<CommandModule>>> = {
  check: () => import('./check'),
  cloud: () => import('./cloud'),
  completion: () => import('./completion'),
  explain: () => import('./explain'),
  export: () => import('./export'),
  files: () => import('./files'),
  gateway: () => import('./gateway'),
  logs: () => import('./logs'),
  pack: () => import('./pack'),
  plan: () => import('./plan'),
  query: () => import('./query'),
  secret: () => import('./secret'),
  serve: () => import('./serve'),
  sim: () => import('./sim'),
  start: () => import('./start'),
  status: () => import('./status'),
  streams: () => import('./streams'),
  tail: () => import('./tail'),
};
