/**
 * Asks many heavy questions at once: `tsx bench/heavy-questions.ts ADDRESS COUNT`, a process of its own, so that what it
 * has to do with the answers holds up nobody who is measured. Says that it is ready, asks when it is told to, and says
 * then what became of each.
 */
import process from 'node:process';

export interface Asked {
  status: number;
  /** Milliseconds. */
  after: number;
}

const sql =
  'select part, quantile_cont(value, 0.5) as middle, stddev(value) as spread from readings group by part';

const [address, count] = process.argv.slice(2);
process.once('message', async () => {
  const begun = performance.now();
  const ask = async (): Promise<Asked> => {
    const response = await fetch(`${address}/sql`, { method: 'POST', body: JSON.stringify({ sql }) });
    await response.text();
    return { status: response.status, after: performance.now() - begun };
  };
  process.send?.(await Promise.all(Array.from({ length: Number(count) }, ask)));
  process.disconnect();
});
process.send?.('ready');
