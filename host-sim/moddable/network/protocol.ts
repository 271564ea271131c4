/**
 * What the simulated network modules (XS) and the simulated network (Node) say to each other over the bridge.
 * Both sides load this file. Numbers are little-endian.
 */

/** Bridge channels. A socket's data goes over a channel of its own, so that a write copies nothing into a frame. */
export const wifiChannel = 1;
export const timeChannel = 2;
export const socketChannel = 3;
export const busChannel = 4;
export const dataChannel = 8;

/** lwIP's limits as the SDK builds it. */
export const sockets = 8;
export const sendBuffer = 8192;
export const receiveWindow = 8192;

/** Calls on the WiFi channel. */
export const wifiScan = 1; //       channel u8 (0: all)
export const wifiConnect = 2; //    channel u8, length of SSID u8, SSID, password
export const wifiDisconnect = 3;
export const wifiStatus = 4; //     → associated u8, addresses u8, RSSI i8, channel u8, BSSID 6, IPv4 4, SSID
export const wifiHostname = 5; //   name
export const wifiStopScan = 7;
export const wifiStatic = 6; //     IPv4 4 (all zero: DHCP again)

/** Events on the WiFi channel. */
export const wifiFound = 1; //         RSSI i8, channel u8, security u8, BSSID 6, SSID
export const wifiScanned = 2;
export const wifiAssociated = 3; //    addresses u8
export const wifiDisassociated = 4;
export const wifiAddress = 5; //       changed u8

/** Addresses: IPv4 and IPv6 come separately, and only both make a connection. */
export const addressIPv4 = 1;
export const addressIPv6 = 2;
export const addressBoth = 3;

/** In the order of ESP-IDF's `wifi_auth_mode_t`. */
export const wifiSecurity = Object.freeze([
  'none',
  'wep',
  'wpa_psk',
  'wpa2_psk',
  'wpa_wpa2_psk',
  'wpa2_enterprise',
  'wpa3_psk',
  'wpa2_wpa3_psk',
] as const);

/** Calls on the socket channel. */
export const socketOpen = 1; //     flags u8, port u16, length u8, address, length u8, server name, certificate (DER)
//                                  → socket u8, generation u8, milliseconds of a TLS handshake u16
export const socketClose = 2; //    socket u8
export const socketRead = 3; //     socket u8, count u16 → bytes
export const socketDeliver = 4; //  socket u8 → triggers u8, readable u16, writable u16
export const socketRemote = 5; //   socket u8 → port u16, address
export const socketResolve = 6; //  query u16, host
export const socketSecure = 7; //   socket u8, flags u8, length u8, server name, certificate (DER)
//                                  → milliseconds of a TLS handshake u16
export const socketAdopt = 8; //    socket u8: another instance has it, and is told what it can do

/** Flags of `socketOpen` and `socketSecure`. */
export const openTLS = 1;
export const openUnverified = 2;

/** Events on the socket channel. */
export const socketTriggered = 1; // socket u8, generation u8: ask with `socketDeliver` what it is
export const hostResolved = 2; //    query u16, address (empty: not resolved)

/** Triggers, as in the SDK's TCP socket: kept until delivered, so that what comes together is delivered once. */
export const triggerWritable = 1;
export const triggerReadable = 2;
export const triggerError = 4;

/** Calls on the time channel: [query u8]; events: [query u8, Unix time in seconds f64]. */

/** Calls on the bus channel. */
export const i2cOpen = 1; //      data u8, clock u8, address u8, hz u32
export const i2cTransfer = 2; //  data u8, clock u8, address u8, read count u16, bytes to write → 1, bytes read; 2 when the bus is held
export const i2cHeld = 2;
