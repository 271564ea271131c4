/** A simulated device of resources alone (test-firmware), for the tests of drivers. */

import { fileURLToPath } from 'node:url';
import { type DeviceOptions, SimulatedDevice } from '../../host-sim/device';
import type { Problem } from '../config/problems';

const CHANNEL = 16;

export interface Reading {
  resource: string;
  method: string;
  kind: string;
  value: unknown;
  range?: { min: number; max: number; step: number; unit: string };
  /** Bytes a read left behind. */
  garbage: number;
  error?: string;
}

export class ResourceDevice {
  readonly device: SimulatedDevice;
  private answered = 0;

  private constructor(device: SimulatedDevice) {
    this.device = device;
  }

  static async start(options: Partial<DeviceOptions> = {}): Promise<ResourceDevice> {
    const firmware = fileURLToPath(new URL('./test-firmware/manifest.json', import.meta.url));
    return new ResourceDevice(await SimulatedDevice.start({ firmware, reboots: 'manual', ...options }));
  }

  /** Applies components; what is wrong comes back. */
  configure(components: object[]): Promise<{ problems: Problem[]; rebuilt: string[]; names: string[] }> {
    return this.ask({ configuration: JSON.stringify({ components }) });
  }

  /** Reads every configured capture method. */
  read(times = 20): Promise<Reading[]> {
    return this.ask({ read: times });
  }

  call(
    resource: string,
    method: string,
    parameters: object = {},
  ): Promise<{ result?: unknown; error?: string }> {
    return this.ask({ call: [resource, method, parameters] });
  }

  joinWiFi(ssid: string): Promise<null> {
    return this.ask({ join: ssid });
  }

  closeResources(): Promise<null> {
    return this.ask({ close: true });
  }

  close(): Promise<void> {
    return this.device.close();
  }

  private async ask<Answer>(request: object): Promise<Answer> {
    const { device } = this;
    const wanted = ++this.answered;
    device.post(CHANNEL, Buffer.from(JSON.stringify(request)));
    await device.until(() => device.traces.length >= wanted || !device.running, { step: 10, limit: 5000 });
    const trace = device.traces[wanted - 1];
    if (trace === undefined) throw new Error(`the device ended: ${JSON.stringify(device.exit)}`);
    return JSON.parse(trace) as Answer;
  }
}

/** A component captured by methods at 1 Hz. */
export function captured(
  component: { name: string; type: string; model: string; attributes?: object; depends_on?: string[] },
  ...methods: [method: string, parameters?: Record<string, string>][]
): object {
  const capture_methods = methods.map(([method, additional_params = {}]) => ({
    method,
    additional_params,
    capture_frequency_hz: 1,
  }));
  return { ...component, service_configs: [{ type: 'data_manager', attributes: { capture_methods } }] };
}
