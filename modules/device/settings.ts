/**
 * Who this part is and whom it talks to.
 *
 * In: NVS, and the build's `config` for what NVS does not have. Out: checked settings.
 * Holds: a wrong value is reported by name and counts as absent; secrets appear in no message.
 */
import { type JsonValue, partLimits, readJson } from '../config/json';
import { longestPartName, partNameFault } from '../config/part-name';

/** The SDK's `preference`, with its domain fixed. What the firmware uses is atomic: `AtomicPreferences`. */
export interface Preferences {
  get(key: string): boolean | number | string | ArrayBuffer | undefined;
  /** @throws when the store is full; the SDK's has lost the old value then */
  set(key: string, value: boolean | number | string | ArrayBuffer): void;
  delete(key: string): void;
}

/**
 * Keeps what is good to know for a later boot, and no more: a device whose settings are full runs on without it.
 * @returns whether it is kept
 */
export function note(preferences: Preferences, key: string, value: boolean | number | string): boolean {
  try {
    preferences.set(key, value);
    return true;
  } catch {
    return false;
  }
}

/** One WiFi network to join. */
export interface NetworkSettings {
  ssid: string;
  password?: string;
}

export interface Settings {
  part: string | undefined;
  secret: string | undefined;
  gateway: string | undefined;
  /** Of a broker: the project in the platform, and who the part says it is. */
  appId: string | undefined;
  mqttUser: string | undefined;
  mqttPassword: string | undefined;
  /** DER. */
  authority: ArrayBuffer | undefined;
  /** The preferred one first. */
  networks: NetworkSettings[];
  /** Time servers in the order in which they are asked. */
  sntp: string[];
}

const mostNetworks = 8;
const mostAuthorityBytes = 4096;
const defaultTimeServer = 'pool.ntp.org';

/** @param config `mc/config` @param warn takes what was wrong, without the value */
export function readSettings(
  preferences: Preferences,
  config: Readonly<Record<string, unknown>>,
  warn: (message: string) => void,
): Settings {
  const text = (name: string, longest: number): string | undefined => {
    const value = preferences.get(name) ?? config[name];
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string' && value.length <= longest) return value;
    warn(`setting ${name} is not a text of at most ${longest} characters; ignored`);
    return undefined;
  };
  const stored = preferences.get('authority');
  const servers = text('sntp', 200);
  return {
    part: partOf(text('part', longestPartName), warn),
    secret: text('secret', 128),
    gateway: text('gateway', 200),
    appId: text('app_id', 64),
    mqttUser: text('mqtt_user', 128),
    mqttPassword: text('mqtt_password', 128),
    authority: stored instanceof ArrayBuffer ? stored : builtInAuthority(config, warn),
    networks: [...storedNetworks(preferences, warn), ...builtInNetwork(config)].slice(0, mostNetworks),
    sntp: servers
      ? servers
          .split(',')
          .map((server) => server.trim())
          .filter(Boolean)
      : [defaultTimeServer],
  };
}

function partOf(name: string | undefined, warn: (message: string) => void): string | undefined {
  const fault = name === undefined ? undefined : partNameFault(name);
  if (fault === undefined) return name;
  warn(`setting part ${fault}; ignored`);
  return undefined;
}

/** DER in hexadecimal: what a build's command line can carry. */
function builtInAuthority(
  config: Readonly<Record<string, unknown>>,
  warn: (message: string) => void,
): ArrayBuffer | undefined {
  const { authority } = config;
  if (authority === undefined || authority === '') return undefined;
  const text = String(authority);
  const bytes = new Uint8Array(text.length >> 1);
  for (let index = 0; index < bytes.length; index += 1) {
    const digits = text.slice(2 * index, 2 * index + 2);
    if (!/^[0-9a-f]{2}$/i.test(digits) || text.length % 2 === 1 || bytes.length > mostAuthorityBytes) {
      warn('setting authority is not a certificate in hexadecimal; ignored');
      return undefined;
    }
    bytes[index] = Number.parseInt(digits, 16);
  }
  return bytes.buffer;
}

function storedNetworks(preferences: Preferences, warn: (message: string) => void): NetworkSettings[] {
  const text = preferences.get('networks');
  if (text === undefined) return [];
  // Not by the engine's own parser: XS keeps every name that it meets for ever.
  const { value } = readJson(String(text), partLimits);
  if (value?.kind !== 'array') {
    warn('setting networks is not a JSON list; ignored');
    return [];
  }
  const networks: NetworkSettings[] = [];
  for (const [index, entry] of value.elements().entries()) {
    const network = networkOf(entry);
    if (network) networks.push(network);
    else warn(`setting networks[${index}] has no ssid of 1 to 32 characters, or a wrong password; ignored`);
  }
  return networks;
}

function networkOf(entry: JsonValue): NetworkSettings | undefined {
  if (entry.kind !== 'object') return undefined;
  const ssid = entry.member('ssid');
  const password = entry.member('password');
  if (ssid?.kind !== 'string' || ssid.string().length < 1 || ssid.string().length > 32) return undefined;
  if (!password) return { ssid: ssid.string() };
  if (password.kind !== 'string' || password.string().length > 64) return undefined;
  return { ssid: ssid.string(), password: password.string() };
}

function builtInNetwork(config: Readonly<Record<string, unknown>>): NetworkSettings[] {
  const { ssid, password } = config;
  if (typeof ssid !== 'string' || ssid === '') return [];
  return [typeof password === 'string' && password !== '' ? { ssid, password } : { ssid }];
}
