/** By what this machine is called and reached, and when that changes: a lease of DHCP ends, a cable is plugged in. */
import { hostname, networkInterfaces } from 'node:os';

/** ms between two looks. */
const period = 30_000;

/** Names and IPv4 addresses, sorted. */
export function ownNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const own = addresses.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
  return [...new Set(['localhost', hostname(), `${hostname()}.local`, '127.0.0.1', ...own])].sort();
}

/**
 * Calls `changed` whenever the names are others than before; a rejection is told to `failed`, and tried again.
 * @param names for tests @returns a function that ends it
 */
export function followNames(
  changed: () => Promise<void>,
  failed: (error: Error) => void,
  names = ownNames,
): () => void {
  let known = names().join();
  let busy = false;
  const look = async () => {
    const now = names().join();
    if (busy || now === known) return;
    busy = true;
    try {
      await changed();
      known = now;
    } catch (error) {
      failed(error as Error);
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void look(), period);
  timer.unref();
  return () => clearInterval(timer);
}
