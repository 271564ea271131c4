/** `npx sluice start`: cloud, gateway and one simulated ESP32 in one process, with one address to look at. */
import { type Command, InvalidArgumentError } from 'commander';

/** Ports taken, from the page's on: the page, the link, the cloud's HTTP and MQTT doors, Viam's API. */
const defaultPort = 8470;

export function register(program: Command): void {
  program
    .command('start')
    .description('run the cloud, the gateway and one simulated ESP32, and print the address of the page')
    .option('--port <number>', 'port of the page; the four above it are taken too', parsePort, defaultPort)
    .option('--directory <path>', 'where everything is kept', '.sluice')
    .option('--json', 'print all addresses as one line of JSON when everything runs')
    .action(async (options: { port: number; directory: string; json?: true }) => {
      try {
        // Loaded only when asked for: the other commands need none of it.
        const { startAll } = await import('../compose/start');
        await startAll(options);
      } catch (error) {
        console.error(`sluice: ${(error as Error).message}`);
        process.exitCode = 1;
      }
    });
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= 65_531) return port;
  throw new InvalidArgumentError('must be a whole number from 1 to 65531.');
}
