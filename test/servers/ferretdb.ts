/** A real server of MongoDB's wire protocol for tests: FerretDB, built once by Go and kept outside of the clone. */
import { execFile, spawn } from 'node:child_process';
import { access, mkdir, rename } from 'node:fs/promises';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const binary = join(homedir(), '.cache/sluice/servers/ferretdb');
const source = join(import.meta.dirname, 'ferretdb');

/** Its path; undefined when it is not built and there is no Go. The first build takes some ten minutes. */
export async function ferretdbBinary(): Promise<string | undefined> {
  if (await exists(binary)) return binary;
  try {
    await run('go', ['version']);
  } catch {
    return undefined;
  }
  await mkdir(join(binary, '..'), { recursive: true });
  const made = `${binary}.${process.pid}`;
  await run('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', made, '.'], {
    cwd: source,
    maxBuffer: 1 << 24,
  });
  await rename(made, binary);
  return binary;
}

export interface Ferretdb {
  uri: string;
  /** As a server that dies. */
  kill(): Promise<void>;
}

/** @param directory of its databases @param port that nobody has */
export async function startFerretdb(program: string, directory: string, port: number): Promise<Ferretdb> {
  await mkdir(directory, { recursive: true });
  const child = spawn(program, [`127.0.0.1:${port}`, directory], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 300 || child.exitCode !== null) throw new Error('FerretDB does not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    uri: `mongodb://127.0.0.1:${port}/?directConnection=true&serverSelectionTimeoutMS=1000`,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .once('error', () => resolve(false));
  });
}
