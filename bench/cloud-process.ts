/** A cloud as a process of its own, whose memory and CPU are looked at from outside, of Linux. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { processCpu } from './process-cpu';

const program = join(import.meta.dirname, '..', 'cloud', 'test-cloud.ts');

export class CloudProcess {
  /** Ports of its doors. */
  readonly http: number;
  readonly mqtt: number;
  /** Until the doors were open: of the clock, and of CPU. */
  readonly startSeconds: number;
  readonly startCpu: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ports: readonly number[], startSeconds: number) {
    this.#child = child;
    const [http, mqtt] = ports;
    this.http = http!;
    this.mqtt = mqtt!;
    this.startSeconds = startSeconds;
    this.startCpu = processCpu(child.pid!);
  }

  /** @param configuration as in a cloud's file */
  static async start(directory: string, configuration: object = {}): Promise<CloudProcess> {
    const path = `${directory}.json`;
    await writeFile(path, JSON.stringify(configuration));
    const begun = performance.now();
    const child = spawn(process.execPath, ['--import', 'tsx', program, directory, '0', path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const ports = line.toString().split(' ').map(Number);
    return new CloudProcess(child, ports, (performance.now() - begun) / 1_000);
  }

  /** Resident bytes now. */
  get memory(): number {
    return this.#status('VmRSS');
  }

  /** Resident bytes at most until now. */
  get mostMemory(): number {
    return this.#status('VmHWM');
  }

  /** What a start leaves is let go of. */
  async rest(): Promise<void> {
    await delay(5_000);
  }

  async end(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #status(name: string): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'latin1');
    return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)![1]) * 1_024;
  }
}
