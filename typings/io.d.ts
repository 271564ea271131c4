declare module 'embedded:io/analog' {
  interface AnalogOptions {
    /** GPIO number, of ADC1 or ADC2. */
    pin: number;
    format?: 'number';
    target?: unknown;
    esp32?: { /** dB, 12 by default: 150 … 2,450 mV */ attenuation?: 0 | 2.5 | 6 | 12; calibrated?: boolean };
  }
  class Analog {
    /** Throws when the pin is in use or has no converter. */
    constructor(options: AnalogOptions);
    /** Bits, 12 on the ESP32, S3, C3 and C6. */
    readonly resolution: number;
    /**
     * 0 … 2^resolution - 1, calibrated: at 12 dB the greatest value stands for 2,450 mV. Nothing when ESP-IDF reports an
     * error, or could not make the converter's unit.
     */
    read(): number | undefined;
    close(): void;
    format: 'number';
    target?: unknown;
  }
  export default Analog;
}

declare module 'embedded:io/digital' {
  interface DigitalOptions {
    pin: number;
    /** One of `Digital.Input` … `Digital.OutputOpenDrain`. */
    mode: number;
    activeLow?: boolean;
    initialValue?: 0 | 1;
    /** `Digital.Rising`, `Digital.Falling` or their sum; with `onReadable`. */
    edge?: number;
    /** Edges that come before the callback has run are coalesced into one call. */
    onReadable?: (this: Digital) => void;
    format?: 'number';
    target?: unknown;
  }
  class Digital {
    constructor(options: DigitalOptions);
    read(): 0 | 1;
    write(value: number | boolean): void;
    close(): void;
    format: 'number';
    target?: unknown;
    static readonly Input: 0;
    static readonly InputPullUp: 1;
    static readonly InputPullDown: 2;
    static readonly InputPullUpDown: 3;
    static readonly Output: 8;
    static readonly OutputOpenDrain: 9;
    static readonly Rising: 1;
    static readonly Falling: 2;
  }
  export default Digital;
}

declare module 'embedded:io/pulsecount' {
  interface PulseCountOptions {
    signal: number;
    /** Second signal of a quadrature encoder. */
    control?: number;
    /** Pulses shorter than this many nanoseconds are ignored, 1,000 by default. */
    filter?: number;
    onReadable?: (this: PulseCount) => void;
    format?: 'number';
    target?: unknown;
  }
  /**
   * The pulse counter of the ESP32, S3 and C6; on the C3, which has none, the constructor throws.
   *
   * With both signals a quadrature encoder counts 4 a period. With `signal` alone, channel A counts +1 for a falling
   * and -1 for a rising edge while the unconnected control reads low, and inverted while it reads high.
   * The hardware counter holds ±32,767 between two reads.
   */
  class PulseCount {
    constructor(options: PulseCountOptions);
    /** The running count since construction or the last `write`. */
    read(): number;
    write(count: number): void;
    close(): void;
    format: 'number';
    target?: unknown;
  }
  export default PulseCount;
}

declare module 'embedded:io/pwm' {
  interface PWMOptions {
    pin: number;
    /** LEDC channel, 4 … 7 by default. */
    port?: number;
    /** 1,024 by default. */
    hz?: number;
    /** Bits, 10 by default. */
    resolution?: number;
    /** Takes over the pin and duty of another instance, which is closed by that. */
    from?: PWM;
    format?: 'number';
    target?: unknown;
  }
  class PWM {
    constructor(options: PWMOptions);
    readonly hz: number;
    readonly resolution: number;
    /** Duty, 0 … 2^resolution - 1 (fully on). Throws a RangeError outside. */
    write(duty: number): void;
    close(): void;
    format: 'number';
    target?: unknown;
  }
  export default PWM;
}

declare module 'embedded:io/i2c' {
  interface I2COptions {
    data: number;
    clock: number;
    /** 7 bits. One instance an address and bus. */
    address: number;
    /** 1 … 20,000,000. */
    hz: number;
    port?: number;
    /** Milliseconds, 400 by default. */
    timeout?: number;
    pullup?: boolean;
    format?: 'buffer';
    target?: unknown;
  }
  class I2C {
    constructor(options: I2COptions);
    /** Throws when nobody answers. */
    read(byteLength: number): ArrayBuffer;
    read(buffer: ByteBuffer): number;
    /** Throws when nobody answers. An empty buffer only probes and returns 1 when nobody answers. */
    write(buffer: ByteBuffer): number | undefined;
    /** Write, repeated start, read. The SDK's extension to ECMA-419. */
    writeRead(buffer: ByteBuffer, byteLength: number): ArrayBuffer;
    writeRead(buffer: ByteBuffer, into: ByteBuffer): number;
    close(): void;
    format: 'buffer';
    target?: unknown;
  }
  export default I2C;
}

declare module 'embedded:storage/flash' {
  export interface Flash {
    /** Erases the blocks `start` … `end` - 1 (one, when `end` is omitted) to 0xFF. */
    eraseBlock(start: number, end?: number): void;
    read(byteLength: number, byteOffset: number): ArrayBuffer;
    read(buffer: ByteBuffer, byteOffset: number): number;
    /** Clears bits, never sets them: what is not erased before becomes the AND of old and new. */
    write(buffer: ByteBuffer, byteOffset: number): void;
    /** Bytes. (The SDK's declaration names two more fields; the ESP32 fills these three.) */
    status(): { size: number; blockLength: number; blocks: number };
    close(): void;
    format: 'buffer';
  }
  const flash: {
    /** Opens a data partition by its label. Throws when there is none. */
    open(options: { path: string; mode?: 'r' | 'r+'; format?: 'buffer' }): Flash;
    /** The labels of all partitions. */
    [Symbol.iterator](): IterableIterator<string>;
  };
  export default flash;
}

declare module 'embedded:io/pulsewidth' {
  interface PulseWidthOptions {
    pin: number;
    /** `PulseWidth.RisingToFalling` … */
    edges: number;
    /** `PulseWidth.Input` by default. */
    mode?: number;
    onReadable?: (this: PulseWidth) => void;
    format?: 'number';
    target?: unknown;
  }
  /**
   * Measures pulses in hardware (MCPWM capture of the ESP32, S3 and C6; on the C3 the constructor throws). The SDK keeps
   * the beginning of a pulse in one place for all instances, so only one can be used at a time.
   */
  class PulseWidth {
    constructor(options: PulseWidthOptions);
    /** Microseconds of the last pulse; undefined when none has ended since the last read. */
    read(): number | undefined;
    close(): void;
    format: 'number';
    target?: unknown;
    static readonly Input: 0;
    static readonly InputPullUp: 1;
    static readonly InputPullDown: 2;
    static readonly RisingToFalling: 1;
    static readonly FallingToRising: 2;
    static readonly RisingToRising: 3;
    static readonly FallingToFalling: 4;
  }
  export default PulseWidth;
}
