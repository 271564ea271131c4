/** A simulated device of resources alone (test-firmware), for the tests of drivers. */

import { fileURLToPath } from 'node:url';
import { type DeviceOptions, SimulatedDevice } from '../../host-sim/device';
import type { PartPlan } from '../config/plan';
import type { Problem } from '../config/problems';

const sourceChannel = 16;
const textChannel = 17;
const answerChannel = 18;

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
  #answered: string | undefined;

  private constructor(device: SimulatedDevice) {
    this.device = device;
    device.channel(answerChannel, {
      call: (bytes) => {
        this.#answered = Buffer.from(bytes).toString();
        return undefined;
      },
    });
  }

  static async start(options: Partial<DeviceOptions> = {}): Promise<ResourceDevice> {
    const firmware = fileURLToPath(new URL('./test-firmware/manifest.json', import.meta.url));
    return new ResourceDevice(await SimulatedDevice.start({ firmware, reboots: 'manual', ...options }));
  }

  /** Applies components; what is wrong comes back. */
  configure(components: object[]): Promise<{ problems: Problem[]; rebuilt: string[]; names: string[] }> {
    return this.#ask({ configuration: JSON.stringify({ components }) });
  }

  /** Reads every configured capture method. */
  read(times = 20): Promise<Reading[]> {
    return this.#ask({ read: times });
  }

  call(
    resource: string,
    method: string,
    parameters: object = {},
  ): Promise<{ result?: unknown; error?: string }> {
    return this.#ask({ call: [resource, method, parameters] });
  }

  /** What the device makes of a configuration, without applying it. */
  parse(text: string, additions = ''): Promise<PartPlan> {
    return this.#answer(
      textChannel,
      Buffer.concat([Buffer.from(text), Buffer.of(0), Buffer.from(additions)]),
    );
  }

  joinWiFi(ssid: string): Promise<null> {
    return this.#ask({ join: ssid });
  }

  closeResources(): Promise<null> {
    return this.#ask({ close: true });
  }

  close(): Promise<void> {
    return this.device.close();
  }

  #ask<Answer>(request: object): Promise<Answer> {
    return this.#answer(sourceChannel, Buffer.from(JSON.stringify(request)));
  }

  async #answer<Answer>(channel: number, request: Uint8Array): Promise<Answer> {
    const { device } = this;
    this.#answered = undefined;
    device.post(channel, request);
    await device.until(() => this.#answered !== undefined || !device.running, { step: 10, limit: 5000 });
    if (this.#answered === undefined) throw new Error(`the device ended: ${JSON.stringify(device.exit)}`);
    return JSON.parse(this.#answered) as Answer;
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
