import type { Clock } from './clock';

/**
 * Does something again and again, `period` milliseconds after it was done the last time.
 * @param failed is told when it fails, which does not end it @returns what ends it; what is under way goes on
 */
export function repeat(
  clock: Pick<Clock, 'after'>,
  period: number,
  action: () => Promise<unknown>,
  failed: (error: Error) => void,
): () => void {
  let ended = false;
  let cancel: () => void;
  const wait = () => {
    cancel = clock.after(period, () => {
      action()
        .catch(failed)
        .finally(() => {
          if (!ended) wait();
        });
    });
  };
  wait();
  return () => {
    ended = true;
    cancel();
  };
}
