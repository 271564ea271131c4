/** A broker as the settings have it, and the SDK's MQTT client for it. */
import MQTTClient, { type MQTTClientOptions } from 'embedded:network/mqtt/client';
import type { ConnectionOwner } from '../connection';
import { type Address, AddressError, dnsOf, socketOf } from '../transport';
import type { UplinkHost } from '../uplink-host';

/** ms; the client asks for a sign of life and gives up after one and a half times this. */
const keepAlive = 30_000;

export interface Broker {
  address: Address;
  appId: string;
  /** `pipeline/<app_id>/<dev_id>` */
  topic: string;
  /** UTF-8. */
  topicBytes: number;
}

/** @throws AddressError when a setting is missing, or has no place in a topic */
export function brokerOf({ settings, identity }: UplinkHost, address: Address): Broker {
  const { appId } = settings;
  if (appId === undefined) throw new AddressError('no app_id is set: the broker would not know the project');
  for (const [name, level] of [
    ['app_id', appId],
    ['part', identity.part],
  ]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (/[/\\+#\u0000-\u001f\u007f]/.test(level!))
      throw new AddressError(`setting ${name} has a character that no level of a topic may have`);
  }
  const topic = `pipeline/${appId}/${identity.part}`;
  return { address, appId, topic, topicBytes: ArrayBuffer.fromString(topic).byteLength };
}

type Callbacks = Pick<MQTTClientOptions, 'onWritable' | 'onControl' | 'onError'>;

/** @param owner is told why a connection failed @throws AddressError when TLS has nothing to trust */
export function connect(
  { settings, identity }: UplinkHost,
  address: Address,
  callbacks: Callbacks,
  owner: ConnectionOwner,
): MQTTClient {
  const options: MQTTClientOptions = {
    host: address.host,
    port: address.port,
    id: identity.part,
    clean: true,
    keepAlive,
    dns: dnsOf(address),
    socket: socketOf(address, settings.authority, owner),
    ...callbacks,
  };
  if (settings.mqttUser !== undefined) options.user = settings.mqttUser;
  if (settings.mqttPassword !== undefined) options.password = settings.mqttPassword;
  return new MQTTClient(options);
}
