/** A broker as the settings have it. */
import { type Address, AddressError } from '../transport';
import type { UplinkHost } from '../uplink-host';

export interface Broker {
  address: Address;
  appId: string;
  /** `pipeline/<app_id>/<dev_id>` */
  topic: string;
  /** As whom the part connects: its name. */
  client: string;
  user: string | undefined;
  password: string | undefined;
  /** DER of the pinned authority. */
  authority: ArrayBuffer | undefined;
}

/** @throws AddressError when a setting is missing, or has no place in a topic */
export function brokerOf({ settings, identity }: UplinkHost, address: Address): Broker {
  const { appId, mqttUser: user, mqttPassword: password, authority } = settings;
  const { part: client } = identity;
  if (appId === undefined) throw new AddressError('no app_id is set: the broker would not know the project');
  for (const [name, level] of [
    ['app_id', appId],
    ['part', client],
  ]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (/[/\\+#\u0000-\u001f\u007f]/.test(level!))
      throw new AddressError(`setting ${name} has a character that no level of a topic may have`);
  }
  const topic = `pipeline/${appId}/${client}`;
  return { address, appId, topic, client, user, password, authority };
}
