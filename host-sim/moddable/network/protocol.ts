/**
 * What the simulated network modules (XS) and the simulated network (Node) say to each other over the bridge.
 * Both sides load this file. Numbers are little-endian.
 */

/** Bridge channels. A socket's data goes over a channel of its own, so that a write copies nothing into a frame. */
export const wifiChannel = 1;
export const timeChannel = 2;
export const socketChannel = 3;
export const busChannel = 4;
export const tlsChannel = 5;
export const dataChannel = 8;

/** lwIP's limit as the SDK builds it. */
export const sockets = 8;

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
export const socketOpen = 1; //     port u16, address → socket u8, generation u8
export const socketClose = 2; //    socket u8
export const socketRead = 3; //     socket u8, count u16 → bytes
export const socketDeliver = 4; //  socket u8 → triggers u8, readable u16, writable u16
export const socketRemote = 5; //   socket u8 → port u16, address
export const socketResolve = 6; //  query u16, host: by lwIP itself, as Net.resolve
export const udpOpen = 7; //        → socket u8
export const udpClose = 8; //       socket u8
export const udpSend = 9; //        socket u8, IPv4 4, port u16, bytes
export const udpRead = 10; //       socket u8 → the oldest packet
export const udpDeliver = 11; //    socket u8 → packets that wait u8
export const socketAdopt = 12; //   socket u8: another instance has it, and is told what it can do

/** Events on the socket channel. */
export const socketTriggered = 1; // socket u8, generation u8: ask with `socketDeliver` what it is
export const hostResolved = 2; //    query u16, address (empty: not resolved)
export const udpTriggered = 3; //    socket u8: ask with `udpDeliver` how many wait

/** Triggers, as in the SDK's TCP socket: kept until delivered, so that what comes together is delivered once. */
export const triggerWritable = 1;
export const triggerReadable = 2;
export const triggerError = 4;

/** Calls on the TLS channel. */
export const tlsChannelOperations = Object.freeze({
  open: 1, //    verify u8, Unix time in ms f64, length u8, server name, certificate (DER) → session u8, ms of a handshake u16
  hello: 2, //   session u8 → a flight
  record: 3, //  session u8, a record → flags u8 (1: complete, 2: alerted, 4: a flight waits), what the record held
  write: 4, //   session u8, data → a record
  close: 5, //   session u8
  flight: 6, //  session u8 → the flight that waits
} as const);

/** Calls on the time channel: [query u8]; events: [query u8, Unix time in seconds f64]. */

/** Calls on the bus channel. */
export const i2cOpen = 1; //      data u8, clock u8, address u8, hz u32
export const i2cTransfer = 2; //  data u8, clock u8, address u8, read count u16, bytes to write → 1, bytes read; 2 when the bus is held
export const i2cHeld = 2;
