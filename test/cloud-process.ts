/** The cloud as a process of its own, for tests that look at what another process sends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { repository } from './running';

/** @returns the ports of its doors too, HTTP and MQTT */
export async function startCloud(
  directory: string,
): Promise<{ cloud: ChildProcess; port: number; mqttPort: number }> {
  const program = join(repository, 'cloud/test-cloud.ts');
  const cloud = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [ports] = (await once(cloud.stdout, 'data')) as [Buffer];
  const [port, mqttPort] = ports.toString().split(' ').map(Number) as [number, number];
  return { cloud, port, mqttPort };
}
