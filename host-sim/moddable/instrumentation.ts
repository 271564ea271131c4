/** `instrumentation`: of the SDK's measures only the system's free memory, as an instrumented build has it. */
import { bytes } from 'sim/meter';

const freeMemory = 10;
/** Bytes that an ESP32 has free beside XS's own, once WiFi is up. */
const systemMemory = 160_000;

const Instrumentation = Object.freeze({
  map(name: string): number | undefined {
    return name === 'System Free Memory' ? freeMemory : undefined;
  },
  get(index: number): number | undefined {
    return index === freeMemory ? systemMemory - (bytes() as number) : undefined;
  },
});

export default Instrumentation;
