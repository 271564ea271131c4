/**
 * What the log needs of `embedded:storage/flash`: writes only clear bits, an erase sets whole blocks of
 * 4,096 B to 0xFF, a failed operation throws.
 */
export interface FlashStorage {
  read(buffer: Uint8Array, byteOffset: number): number;
  write(buffer: Uint8Array, byteOffset: number): void;
  eraseBlock(start: number, end?: number): void;
  status(): { size: number; blockLength: number; blocks: number };
}
