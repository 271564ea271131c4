/** Parts of MQTT 3.1.1 packets. */

/** A string or bytes with its length before it (MQTT 3.1.1, section 1.5.3). */
export function field(text: string | ArrayBuffer): ArrayBuffer {
  const bytes = text instanceof ArrayBuffer ? text : ArrayBuffer.fromString(text);
  return Uint8Array.of(bytes.byteLength >> 8, bytes.byteLength).buffer.concat(bytes);
}

/** A packet with its fixed head; `whole` when more payload follows by itself (section 2.2.3). */
export function packetOf(head: number, body: ArrayBuffer, whole = body.byteLength): ArrayBuffer {
  const bytes = [head];
  let length = whole;
  do {
    bytes.push(length > 127 ? 0x80 | (length & 0x7f) : length);
    length >>= 7;
  } while (length > 0);
  return Uint8Array.from(bytes).buffer.concat(body);
}

export function copy(data: ByteBuffer): ArrayBuffer {
  if (!ArrayBuffer.isView(data)) return data;
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
}

export function part(buffer: ByteBuffer, length: number): Uint8Array {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, length)
    : new Uint8Array(buffer, 0, length);
}
