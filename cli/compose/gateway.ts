/** The gateway alone, with the page built at its start. */
import { join, resolve } from 'node:path';
import { gatewayCommand } from '@sluice/gateway/program/command';
import type { Command } from 'commander';

export function registerGateway(program: Command): void {
  gatewayCommand(program.command('gateway'), async ({ directory }) => {
    // Loaded only when asked for: the other commands need none of it.
    const { buildPage } = await import('@sluice/dashboard/build');
    const page = join(resolve(directory), 'page');
    await buildPage(page);
    return page;
  });
}
