/** `grpc.reflection.v1` and `v1alpha`, which are the same but for their name: what `grpcurl` learns services from. */
import { MethodKind, type ServiceType } from '@bufbuild/protobuf';
import { bytes, either, integer, many, message, nested, text } from './define';

export interface ReflectionRequest {
  host: string;
  messageRequest:
    | {
        case: 'fileByFilename' | 'fileContainingSymbol' | 'allExtensionNumbersOfType' | 'listServices';
        value: string;
      }
    | { case: 'fileContainingExtension'; value: unknown }
    | { case: undefined };
}

export type ReflectionAnswer =
  | { case: 'fileDescriptorResponse'; value: { fileDescriptorProto: Uint8Array[] } }
  | { case: 'listServicesResponse'; value: { service: { name: string }[] } }
  | { case: 'errorResponse'; value: { errorCode: number; errorMessage: string } };

function reflection(version: string) {
  const name = `grpc.reflection.${version}`;
  const of = 'message_request';
  const answer = 'message_response';
  const extension = message(`${name}.ExtensionRequest`, [
    text(1, 'containing_type'),
    integer(2, 'extension_number'),
  ]);
  const request = message(`${name}.ServerReflectionRequest`, [
    text(1, 'host'),
    either(of, text(3, 'file_by_filename')),
    either(of, text(4, 'file_containing_symbol')),
    either(of, nested(5, 'file_containing_extension', extension)),
    either(of, text(6, 'all_extension_numbers_of_type')),
    either(of, text(7, 'list_services')),
  ]);
  const files = message(`${name}.FileDescriptorResponse`, [many(bytes(1, 'file_descriptor_proto'))]);
  const service = message(`${name}.ServiceResponse`, [text(1, 'name')]);
  const services = message(`${name}.ListServiceResponse`, [many(nested(1, 'service', service))]);
  const error = message(`${name}.ErrorResponse`, [integer(1, 'error_code'), text(2, 'error_message')]);
  const response = message(`${name}.ServerReflectionResponse`, [
    text(1, 'valid_host'),
    nested(2, 'original_request', request),
    either(answer, nested(4, 'file_descriptor_response', files)),
    either(answer, nested(6, 'list_services_response', services)),
    either(answer, nested(7, 'error_response', error)),
  ]);
  return {
    typeName: `${name}.ServerReflection`,
    methods: {
      serverReflectionInfo: {
        name: 'ServerReflectionInfo',
        I: request,
        O: response,
        kind: MethodKind.BiDiStreaming,
      },
    },
  } as const satisfies ServiceType;
}

export const reflectionServices = [reflection('v1'), reflection('v1alpha')] as const;
