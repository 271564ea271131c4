/** The real gateway end, over a simulated network, clock and disk. It can be killed and started again. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { CaptureDirectory } from '../../gateway/capture-directory/capture-directory';
import type { GatewayClock } from '../../gateway/link/clock';
import { limits } from '../../gateway/link/limits';
import { LinkServer, type PartConfiguration } from '../../gateway/link/link-server';
import { attach, linkPath, linkProtocol } from '../../gateway/link/listener';
import type { VirtualClock } from '../../host-sim/clock';
import type { ServerStream } from '../../host-sim/network/server-stream';
import type { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import type { MemoryStorage } from './memory-storage';

export interface SimulatedGatewayOptions {
  clock: VirtualClock;
  network: SimulatedNetwork;
  storage: MemoryStorage;
  secrets: Record<string, string>;
  configurations?: Map<string, PartConfiguration>;
  random: () => number;
  port: number;
  log?: (line: string) => void;
}

export class SimulatedGateway {
  directory!: CaptureDirectory;
  server!: LinkServer;
  running = false;
  private streams = new Set<ServerStream>();
  private cancels = new Set<() => void>();
  private stopListening?: () => void;

  constructor(readonly options: SimulatedGatewayOptions) {}

  async start(): Promise<void> {
    const { storage, secrets, configurations, network, port, random, log } = this.options;
    const clock = this.clock();
    const problem = (path: string, error: Error) => log?.(`problem ${path}: ${error.message}`);
    this.directory = await CaptureDirectory.open({ path: '/capture', storage, clock, onProblem: problem });
    const write = (fields: object, message: string) => log?.(`${message} ${JSON.stringify(fields)}`);
    this.server = new LinkServer({
      directory: this.directory,
      parts: { secret: (part) => secrets[part], configuration: (part) => configurations?.get(part) },
      log: { info: write, warn: write },
      clock,
      random: (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
    });
    const { server } = this;
    const http = createServer();
    const sockets = new WebSocketServer({
      server: http,
      path: linkPath,
      maxPayload: limits.message,
      perMessageDeflate: false,
      handleProtocols: (protocols) => (protocols.has(linkProtocol) ? linkProtocol : false),
    });
    sockets.on('connection', (socket, request) =>
      attach(server, socket, String(request.socket.remoteAddress)),
    );
    this.stopListening = network.listen('localhost', port, (stream) => {
      this.streams.add(stream);
      stream.once('close', () => this.streams.delete(stream));
      http.emit('connection', stream);
    });
    this.running = true;
  }

  /** kill -9: connections break, timers and unfinished work vanish. */
  kill(powerLoss: boolean): void {
    if (!this.running) return;
    this.running = false;
    this.stopListening?.();
    this.options.storage.kill(powerLoss, this.options.random);
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
    for (const cancel of this.cancels) cancel();
    this.cancels.clear();
  }

  async stop(): Promise<void> {
    this.server.close();
    await this.directory.close();
    this.kill(false);
  }

  private clock(): GatewayClock {
    const { clock, network } = this.options;
    return {
      now: () => clock.now(),
      wall: () => network.wallTime(),
      after: (delay, action) => {
        const cancel = clock.at(clock.now() + delay, () => {
          this.cancels.delete(cancel);
          action();
        });
        this.cancels.add(cancel);
        return () => {
          this.cancels.delete(cancel);
          cancel();
        };
      },
    };
  }
}
