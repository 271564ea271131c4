/** Where everything is that a composition runs: one line of JSON for programs, which is the first that they read. */

export interface Addresses {
  /** URLs. */
  page: string;
  viam: string;
  cloud: string;
  mqtt: string;
  /** Of Viam's machines that have their home in the cloud: their `app_address`. */
  viamCloud: string;
  link: string;
  /** Path. */
  directory: string;
}

/** Above the page's. */
export const portOffsets = Object.freeze({ link: 1, cloud: 2, mqtt: 3, viam: 4, viamCloud: 5 });

export interface Reached {
  /** Page and the cloud's doors. */
  doors: { host: string; secure: boolean };
  /** As boards reach it: `wss://gateway.local` */
  link: string;
  /** As clients reach it. Those of Viam take no address without TLS but one with `local` in its name. */
  viam: string;
  directory: string;
}

/** @param port the page's */
export function addressesOf(port: number, { doors, link, viam, directory }: Reached): Addresses {
  const { host, secure } = doors;
  const s = secure ? 's' : '';
  return {
    page: `http${s}://${host}:${port}/`,
    viam: `${viam}:${port + portOffsets.viam}`,
    cloud: `http${s}://${host}:${port + portOffsets.cloud}`,
    mqtt: `mqtt${s}://${host}:${port + portOffsets.mqtt}`,
    viamCloud: `http${s}://${host}:${port + portOffsets.viamCloud}`,
    link: `${link}:${port + portOffsets.link}`,
    directory,
  };
}
