/** The simulated network, on which somebody else may answer instead of the gateway. */
import type { ServerStream } from '../../host-sim/network/server-stream';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import type { Impostor } from './impostors';

export class WorldNetwork extends SimulatedNetwork {
  /** Who takes each new connection, if it is not the gateway. */
  impostor: Impostor | undefined;

  override accept(
    address: string,
    port: number,
    stream: ServerStream,
    answer: (accepted: boolean) => void,
  ): void {
    const { impostor } = this;
    if (impostor === undefined) {
      super.accept(address, port, stream, answer);
      return;
    }
    stream.on('error', () => undefined);
    answer(true);
    impostor(stream);
  }
}
