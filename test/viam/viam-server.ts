/**
 * Plays a viam-server that has a machine as its remote, from what a real one was seen to say: HTTP/2 in plain text, no
 * credentials, one connection; signaling is tried and must be refused with a content type; resources are listed at once
 * and every 10 s, and their APIs, whose services it learns by reflection; what is captured is read call by call. Its
 * hours pass as fast as the answers come.
 */
import { type ClientHttp2Session, connect } from 'node:http2';
import {
  createRegistryFromDescriptors,
  FileDescriptorProto,
  FileDescriptorSet,
  type Message,
} from '@bufbuild/protobuf';
import { boardApi, commonApi, robotApi } from '@viamrobotics/sdk';
import { messageOf, plainOf, reflectionServices } from '../../common/viam/messages';

/** gRPC's codes. */
export const ok = 0;
export const unimplemented = 12;
export const unavailable = 14;

export interface Answer {
  code: number;
  text: string;
  message: Uint8Array;
}

const robot = '/viam.robot.v1.RobotService';
/** ms that it waits for an answer. */
const patience = 10_000;

export class PlayedViamServer {
  /** As it has named its remote for good: why it never dials it again. */
  refused: string | undefined;
  /** Calls that no answer came to. */
  lost = 0;
  dials = 0;
  /** Services of the remote's APIs that it has descriptors of. */
  services: string[] = [];
  readonly #port: number;
  #session: ClientHttp2Session | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Full names, in order. @throws when the remote is not there */
  async list(): Promise<string[]> {
    if (this.#session === undefined) await this.#dial();
    const { code, text, message } = await this.#call(`${robot}/ResourceNames`, new Uint8Array(0));
    if (code !== ok) throw new Error(`ResourceNames: ${code} ${text}`);
    await this.#learnServices();
    return robotApi.ResourceNamesResponse.fromBinary(message)
      .resources.map(({ namespace, type, subtype, name }) => `${namespace}:${type}:${subtype}/${name}`)
      .sort();
  }

  readAnalog(board: string, reader: string): Promise<Answer> {
    const request = new boardApi.ReadAnalogReaderRequest({ boardName: board, analogReaderName: reader });
    return this.#call('/viam.component.board.v1.BoardService/ReadAnalogReader', request.toBinary());
  }

  getGpio(board: string, pin: string): Promise<Answer> {
    const request = new boardApi.GetGPIORequest({ name: board, pin });
    return this.#call('/viam.component.board.v1.BoardService/GetGPIO', request.toBinary());
  }

  getReadings(sensor: string): Promise<Answer> {
    const request = new commonApi.GetReadingsRequest({ name: sensor });
    return this.#call('/viam.component.sensor.v1.SensorService/GetReadings', request.toBinary());
  }

  close(): void {
    this.#session?.destroy();
  }

  async #dial(): Promise<void> {
    if (this.refused !== undefined) throw new Error(this.refused);
    this.dials++;
    const session = connect(`http://127.0.0.1:${this.#port}`);
    session.on('error', () => undefined);
    session.once('close', () => {
      if (this.#session === session) this.#session = undefined;
    });
    this.#session = session;
    const signaling = '/proto.rpc.webrtc.v1.SignalingService/OptionalWebRTCConfig';
    const { code } = await this.#call(signaling, new Uint8Array(0));
    if (code !== unimplemented) throw new Error(`signaling answered ${code}`);
  }

  /** Descriptors that it has it does not ask for again. @throws when they do not hold what they should */
  async #learnServices(): Promise<void> {
    const { code, text, message } = await this.#call(`${robot}/ResourceRPCSubtypes`, new Uint8Array(0));
    if (code !== ok) throw new Error(`ResourceRPCSubtypes: ${code} ${text}`);
    const { resourceRpcSubtypes } = robotApi.ResourceRPCSubtypesResponse.fromBinary(message);
    for (const { protoService } of resourceRpcSubtypes)
      if (!this.services.includes(protoService)) {
        await this.#learn(protoService);
        this.services.push(protoService);
      }
  }

  async #learn(service: string): Promise<void> {
    const { typeName, methods } = reflectionServices[1];
    const { I: request, O: response } = methods.serverReflectionInfo;
    const asked = (messageOf(request as never, { file_containing_symbol: service }) as Message).toBinary();
    const { code, text, message } = await this.#call(`/${typeName}/ServerReflectionInfo`, asked);
    if (code !== ok) throw new Error(`reflection: ${code} ${text}`);
    const answer = plainOf(response.fromBinary(message)).file_descriptor_response as
      | { file_descriptor_proto: Uint8Array[] }
      | undefined;
    const files = (answer?.file_descriptor_proto ?? []).map((bytes) => FileDescriptorProto.fromBinary(bytes));
    const registry = createRegistryFromDescriptors(new FileDescriptorSet({ file: files.reverse() }));
    if (!registry.findService(service)) throw new Error(`reflection does not know ${service}`);
  }

  async #call(path: string, request: Uint8Array): Promise<Answer> {
    try {
      return await this.#ask(path, request);
    } catch (error) {
      this.lost++;
      throw error;
    }
  }

  #ask(path: string, request: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const session = this.#session;
      if (session === undefined || session.closed || session.destroyed)
        return reject(new Error('the remote is away'));
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        viam_client: 'go;v0.90.0;v0.1.460',
      });
      let [status, text] = ['', ''];
      const pieces: Buffer[] = [];
      const note = (headers: Record<string, unknown>) => {
        status = String(headers['grpc-status'] ?? status);
        text = decodeURIComponent(String(headers['grpc-message'] ?? text));
      };
      stream.setTimeout(patience, () => stream.destroy(new Error('no answer')));
      stream.on('response', (headers) => {
        if (!String(headers['content-type']).startsWith('application/grpc'))
          this.refused = 'malformed header: missing HTTP content-type';
        note(headers);
      });
      stream.on('trailers', note);
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('error', reject);
      stream.on('close', () => {
        if (status === '') return reject(new Error('the connection ended'));
        // Behind a flag and a length.
        resolve({ code: Number(status), text, message: Buffer.concat(pieces).subarray(5) });
      });
      const head = Buffer.alloc(5);
      head.writeUInt32BE(request.length, 1);
      stream.end(Buffer.concat([head, request]));
    });
  }
}
