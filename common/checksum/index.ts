/** The checksum of what stands on the disk: bytes in, CRC-32 out. */
export { crc32 } from './crc32';
