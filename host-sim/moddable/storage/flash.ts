/** `embedded:storage/flash`: partitions of the NOR flash in host-sim/xs/flash.c. */
const find = native('sim_flash_find');
const label = native('sim_flash_label');

class Flash {
  /** Read by the natives; −1 when closed. */
  partition: number;

  constructor(partition: number) {
    this.partition = partition;
  }
  read(target: number | ByteBuffer, position: number) {
    return native('sim_flash_read').call(this, target, position);
  }
  write(source: ByteBuffer, position: number) {
    return native('sim_flash_write').call(this, source, position);
  }
  eraseBlock(start: number, end?: number) {
    return native('sim_flash_erase').call(this, start, end);
  }
  get size() {
    return native('sim_flash_size').call(this);
  }
  status() {
    const size = this.size;
    return { size, blockLength: 4096, blocks: size / 4096 };
  }
  get format() {
    return 'buffer';
  }
  set format(value: string) {
    if (value !== 'buffer') throw new RangeError('invalid');
  }
  close() {
    this.partition = -1;
  }
}

/** Opened for reading: writing and erasing throw. */
class ReadOnlyFlash extends Flash {
  override write() {
    throw new Error('read-only');
  }
  override eraseBlock() {
    throw new Error('read-only');
  }
}

export default Object.freeze(
  {
    open(options: { path: string; mode?: string; format?: string }) {
      const { path, mode = 'r+', format = 'buffer' } = options;
      if (path === undefined) throw new Error('no path');
      if (mode !== 'r' && mode !== 'r+') throw new Error('invalid mode');
      if (format !== 'buffer') throw new RangeError('unsupported');
      const partition = find(path);
      if (partition < 0) throw new Error("can't find partition");
      return mode === 'r' ? new ReadOnlyFlash(partition) : new Flash(partition);
    },
    *[Symbol.iterator]() {
      for (let index = 0; ; index++) {
        const name = label(index);
        if (name === undefined) return;
        yield name;
      }
    },
  },
  true,
);
