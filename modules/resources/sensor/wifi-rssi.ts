/** `sensor`/`wifi-rssi`: the signal of the access point, dBm. While there is none, the reading fails. */

// biome-ignore lint/style/useNodejsImportProtocol: the SDK's module of that name
import Net from 'net';
import { NothingToRead } from '../reading';
import { type Resource, type Source, sourceOf } from '../source';

export default function build(): Resource {
  return new WifiRssi();
}

class WifiRssi implements Resource {
  private readonly record = { rssi: 0 };

  source(): Source {
    return sourceOf('record', this);
  }

  read(): object {
    const rssi = Net.get('RSSI');
    if (rssi === undefined) throw new NothingToRead('not connected to an access point');
    this.record.rssi = rssi;
    return this.record;
  }

  close(): void {}
}
