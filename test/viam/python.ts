/** Viam's own Python SDK, in an environment beside the clone, which has numpy and pandas too; CI makes it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

export const python = join(
  process.env.SLUICE_VIAM_PYTHON ?? join(homedir(), '.cache', 'sluice-viam'),
  'bin',
  'python',
);

export const isPythonMissing = !existsSync(python);

/** Runs a script and gives the JSON of its last line. @throws with all that it printed when it fails */
export function runPython(script: string, ...parameters: string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [join(import.meta.dirname, script), ...parameters]);
    let [out, all] = ['', ''];
    child.stdout.on('data', (text) => {
      out += text;
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        all += text;
      });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) reject(new Error(`${script} ended with ${code}: ${all}`));
      else resolve(JSON.parse(out.trim().split('\n').at(-1)!));
    });
  });
}
