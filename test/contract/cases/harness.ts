/**
 * Runs contract cases one after the other and traces a line for each: `ok name`, `not ok name: why`, `skip name: why`,
 * and `done` with the counts. In the simulator and on a board alike.
 */
import Timer from 'timer';

export interface Case {
  name: string;
  run: () => void | Promise<void>;
}

/** Thrown by a case that cannot run here; the message says what it needs. */
export class Skip extends Error {}

const limit = 60_000;

export function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
}

export function throws(action: () => unknown, what: string): void {
  let thrown = false;
  try {
    action();
  } catch {
    thrown = true;
  }
  if (!thrown) throw new Error(`${what}: nothing thrown`);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    Timer.set(() => resolve(), milliseconds);
  });
}

/** Rejects when `begin` has not settled in time; `begin` gets resolve and reject. */
export function within<T>(
  milliseconds: number,
  what: string,
  begin: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = Timer.set(() => reject(new Error(`${what}: not within ${milliseconds} ms`)), milliseconds);
    const end = () => Timer.clear(timer);
    begin(
      (value) => {
        end();
        resolve(value);
      },
      (error) => {
        end();
        reject(error);
      },
    );
  });
}

export async function runAll(cases: readonly Case[]): Promise<void> {
  let failed = 0;
  let skipped = 0;
  for (const { name, run } of cases) {
    try {
      await within<void>(limit, name, (resolve, reject) => {
        Promise.resolve(run()).then(() => resolve(), reject);
      });
      trace(`ok ${name}\n`);
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof Skip) skipped += 1;
      else failed += 1;
      trace(`${error instanceof Skip ? 'skip' : 'not ok'} ${name}: ${message}\n`);
    }
  }
  trace(`done ${cases.length - failed - skipped} passed, ${failed} failed, ${skipped} skipped\n`);
}
