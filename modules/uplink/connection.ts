/** What a connection is to whose it is. */

/** Whose connection it is. */
export interface ConnectionOwner {
  /** Set once there is a socket: from then on the client can be closed. */
  begun: boolean;
  /** Set before the client is told that the connection has failed: why. */
  fault: string | undefined;
  /**
   * Looks at a byte that a client of the SDK is about to read by itself: of an HTTP answer, of the head of a frame. It
   * keeps what these say it should, however much. @throws ConnectionError
   */
  inspect?(byte: number): void;
}

/** A connection that cannot go on; the message says why, for people. */
export class ConnectionError extends Error {}
