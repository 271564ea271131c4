/** Server reflection: `grpcurl` and a viam-server's client learn from it what is served. */

import type { ServiceType } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import type { Descriptors } from './descriptors';
import { type ReflectionAnswer, type ReflectionRequest, reflectionServices } from './messages/reflection';
import type { Served } from './services';

export function reflection(descriptors: Descriptors, services: readonly ServiceType[]): Served[] {
  const serverReflectionInfo = async function* (requests: AsyncIterable<ReflectionRequest>) {
    for await (const request of requests)
      yield {
        validHost: request.host,
        originalRequest: request,
        messageResponse: answer(request, descriptors, services),
      };
  };
  return reflectionServices.map((service) => ({ service, implementation: { serverReflectionInfo } }));
}

function answer(
  { messageRequest }: ReflectionRequest,
  { files, symbols }: Descriptors,
  services: readonly ServiceType[],
): ReflectionAnswer {
  switch (messageRequest.case) {
    case 'listServices':
      return {
        case: 'listServicesResponse',
        value: { service: services.map(({ typeName }) => ({ name: typeName })) },
      };
    case 'fileByFilename':
      return fileAnswer(messageRequest.value, files);
    case 'fileContainingSymbol':
      return fileAnswer(symbols.get(messageRequest.value), files);
    default:
      return refusal(Code.Unimplemented, 'there are no extensions');
  }
}

/** A file with all it imports, as clients take them at once; what imports another before it. */
function fileAnswer(name: string | undefined, files: Descriptors['files']): ReflectionAnswer {
  const wanted: string[] = [];
  const add = (file: string) => {
    if (wanted.includes(file) || !files.has(file)) return;
    files.get(file)!.imports.forEach(add);
    wanted.push(file);
  };
  if (name !== undefined) add(name);
  if (wanted.length === 0) return refusal(Code.NotFound, 'it is not served here');
  return {
    case: 'fileDescriptorResponse',
    value: { fileDescriptorProto: wanted.reverse().map((file) => files.get(file)!.bytes) },
  };
}

function refusal(errorCode: Code, errorMessage: string): ReflectionAnswer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}
