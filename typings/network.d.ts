declare module 'embedded:network/interface/wifi' {
  export interface AccessPoint {
    SSID: string;
    BSSID: string;
    /** dBm, negative. */
    RSSI: number;
    channel: number;
    security: string;
  }
  export interface WiFiOptions {
    /** Called with the property whose value has changed; read it from the instance. */
    onChanged?: (this: WiFi, property: 'connection' | 'address') => void;
  }
  /**
   * The station interface. All instances share one radio; closing an instance leaves the connection as it is.
   * It never reconnects by itself and never gives up: a failed attempt is a change of `connection` back to 200.
   */
  class WiFi {
    constructor(options: WiFiOptions);
    /** 200 disconnected, 300 connecting, 400 associated without address, 500 connected with an address. */
    readonly connection: 200 | 300 | 400 | 500;
    readonly address: string | undefined;
    /** Six hexadecimal pairs in lower case with colons. */
    readonly MAC: string | undefined;
    readonly SSID: string | undefined;
    readonly BSSID: string | undefined;
    /** dBm; undefined while not associated. */
    readonly RSSI: number | undefined;
    readonly channel: number | undefined;
    /** Throws while any instance scans, without `onFound`, and when the radio refuses. */
    scan(options: {
      onFound: (this: WiFi, found: AccessPoint) => void;
      onComplete?: (this: WiFi) => void;
      channel?: number;
    }): void;
    /** Throws while this instance is connecting, and without SSID. */
    connect(options: { SSID: string; password?: string; channel?: number }): void;
    /** Silent: no `onChanged` on this instance for the disconnection it asked for. */
    disconnect(): void;
    configure(options: {
      hostname?: string;
      static?: { address: string; mask: string; gateway: string } | false;
    }): void;
    close(): void;
  }
  export default WiFi;
}

declare module 'net' {
  const Net: {
    get(what: 'IP' | 'SSID' | 'BSSID'): string | undefined;
    /** Twelve hexadecimal digits in upper case with colons; undefined before the interface is up. */
    get(what: 'MAC', interfaceName?: 'station' | 'ap' | 'ethernet'): string | undefined;
    get(what: 'RSSI'): number | undefined;
    /** The servers DHCP has named. */
    get(what: 'DNS'): string[];
    resolve(host: string, callback: (host: string, address?: string) => void): void;
  };
  export default Net;
}

declare module 'sntp' {
  /**
   * Asks a time server until it answers, five times at most, 5 s apart; then `error`.
   * A host returned by the callback for an `error` is tried next, else the client has closed itself.
   */
  class SNTP {
    constructor(
      options: { host: string },
      /** `time`: Unix time in whole seconds; `error`: what went wrong. */
      callback: (message: number, value?: number | string) => string | undefined,
    );
    close(): void;
    static readonly time: 1;
    static readonly retry: 2;
    static readonly error: -1;
  }
  export default SNTP;
}

declare module 'embedded:io/socket/tcp' {
  export interface TCPOptions {
    /** An IP address; names are resolved by a resolver. */
    address?: string;
    port?: number;
    /** Takes over the socket of another instance, which is closed by that. */
    from?: TCP;
    nodelay?: boolean;
    /** Bytes that can be read now. */
    onReadable?: (this: TCP, count: number) => void;
    /** Bytes that can be written now; the first call says that the connection stands. */
    onWritable?: (this: TCP, count: number) => void;
    /** Refused, cut or ended by the other side; comes after all that was received has been read. */
    onError?: (this: TCP) => void;
    format?: 'buffer' | 'number';
    target?: unknown;
  }
  class TCP {
    constructor(options: TCPOptions);
    /** In format 'number' one byte; undefined when there is nothing. Throws when less than `count` is there. */
    read(): number | ArrayBuffer | undefined;
    read(count: number): ArrayBuffer | undefined;
    read(buffer: ByteBuffer): number | undefined;
    /** Returns the bytes that can still be written. Throws before the connection stands, and when `data` is longer. */
    write(data: number | ByteBuffer): number | undefined;
    readonly remoteAddress: string | undefined;
    readonly remotePort: number | undefined;
    close(): void;
    format: 'buffer' | 'number';
    target?: unknown;
  }
  export default TCP;
}

declare module 'embedded:io/socket/udp' {
  export interface UDPOptions {
    /** Packets that wait. */
    onReadable?: (this: UDP, count: number) => void;
    target?: unknown;
  }
  /** Handed on to the resolver. */
  class UDP {
    constructor(options: UDPOptions);
    /** A packet with its `address` and `port`; undefined when none waits. Throws after `close`. */
    read(): ArrayBuffer | undefined;
    write(packet: ByteBuffer, address: string, port: number): void;
    close(): void;
    target?: unknown;
  }
  export default UDP;
}

declare module 'embedded:io/socket/tcp/tls' {
  import type { TCPOptions } from 'embedded:io/socket/tcp';
  export interface TLSOptions extends TCPOptions {
    /** Server name: sent, and compared with the certificate unless `verify` is false. */
    host: string;
    /** The socket below: `{ io: TCP }` of `embedded:io/socket/tcp`. */
    TCP: { io: unknown };
    secure?: {
      serverName?: string;
      /** DER of the server's certificate or of the authority that signed it: nothing else is trusted. */
      certificate?: ArrayBuffer;
      verify?: boolean;
      applicationLayerProtocolNegotiation?: string[];
    };
  }
  /**
   * TLS 1.2. The handshake takes about 10 KB of chunks and 6 KB of slots. Whatever is wrong with the other side, its
   * certificate or a record is thrown: by the constructor, by `write`, and out of the callbacks of the socket below or
   * of a timer, where nobody catches. An alert that closes counts as a handshake that has succeeded.
   */
  class TLSSocket {
    constructor(options: TLSOptions);
    read(): number | ArrayBuffer | undefined;
    read(count: number): ArrayBuffer | undefined;
    read(buffer: ByteBuffer): number | undefined;
    write(data: ByteBuffer, options?: { more?: boolean; byteLength?: number }): number;
    close(): void;
    format: 'buffer' | 'number';
  }
  export default TLSSocket;
}

declare module 'embedded:network/dns/resolver/udp' {
  class Resolver {
    constructor(options: { servers: string[]; socket: { io: unknown } });
    /** Addresses and `localhost` resolve at once (in the next turn); names after up to 5 tries a server, 1 s apart. */
    resolve(options: {
      host: string;
      onResolved?: (this: Resolver, host: string, address: string) => void;
      onError?: (this: Resolver, host: string) => void;
    }): void;
    close(): void;
  }
  export default Resolver;
}

declare module 'embedded:network/websocket/client' {
  export interface WebSocketClientOptions {
    host: string;
    /** 80 by default, also with TLS. */
    port?: number;
    path?: string;
    protocol?: string;
    headers?: Map<string, string>;
    /** `{ io: Resolver, servers, socket: { io: UDP } }` */
    dns: { io: unknown; servers?: string[]; socket?: { io: unknown } };
    /** `{ io: TCP }`, or `{ io: TLSSocket, TCP: { io: TCP }, secure: { … } }` */
    socket: { io: unknown; TCP?: { io: unknown }; secure?: Record<string, unknown>; nodelay?: boolean };
    /** `count` bytes of a message can be read now; `more` follow in the same message. */
    onReadable?: (this: WebSocketClient, count: number, options: { more: boolean; binary: boolean }) => void;
    /** A message of `count` bytes can be written now; the first call says that the connection stands. */
    onWritable?: (this: WebSocketClient, count: number) => void;
    /** Ping, pong or close has come; a ping and a close are answered by the client itself. */
    onControl?: (this: WebSocketClient, opcode: number, data: ArrayBuffer) => void;
    /** A close handshake that was begun by either side is over, or the connection broke during it. */
    onClose?: (this: WebSocketClient) => void;
    /** Not resolved, refused, not upgraded, broken protocol, connection lost. The client has closed itself. */
    onError?: (this: WebSocketClient) => void;
    format?: 'buffer' | 'number';
    target?: unknown;
  }
  /** RFC 6455 over injected sockets. It has no time-out of its own: not for the connection, not for silence. */
  class WebSocketClient {
    constructor(options: WebSocketClientOptions);
    /**
     * Sends a message, a fragment (`more`), or a control frame (`opcode`). Returns the bytes that can still be
     * written as one message. Throws when not connected, and when frame head and data exceed what is writable.
     */
    write(data: ByteBuffer, options?: { binary?: boolean; more?: boolean; opcode?: number }): number;
    /** All that `onReadable` has named must be read before it returns (8.2.3 loses count otherwise). */
    read(): ArrayBuffer | number | undefined;
    read(count: number): ArrayBuffer | undefined;
    read(buffer: ByteBuffer): number | undefined;
    /**
     * Ends without a close handshake. Harmless when closed already. No callback comes after it, except while the
     * host is being resolved: that goes on and connects; close again in the first `onWritable` or `onError`.
     */
    close(): void;
    format: 'buffer' | 'number';
    target?: unknown;
    static readonly text: 1;
    static readonly binary: 2;
    static readonly close: 8;
    static readonly ping: 9;
    static readonly pong: 10;
  }
  export default WebSocketClient;
}
