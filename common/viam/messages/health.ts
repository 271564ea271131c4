/** `grpc.health.v1`, as load balancers and `grpcurl` ask it. */
import { MethodKind, proto3, type ServiceType } from '@bufbuild/protobuf';
import { message, text } from './define';

export enum ServingStatus {
  UNKNOWN = 0,
  SERVING = 1,
  NOT_SERVING = 2,
}
const status = proto3.makeEnumType('grpc.health.v1.HealthCheckResponse.ServingStatus', [
  { no: 0, name: 'UNKNOWN' },
  { no: 1, name: 'SERVING' },
  { no: 2, name: 'NOT_SERVING' },
]);

export const HealthCheckRequest = message('grpc.health.v1.HealthCheckRequest', [text(1, 'service')]);
export const HealthCheckResponse = message('grpc.health.v1.HealthCheckResponse', [
  { no: 1, name: 'status', kind: 'enum', T: status },
]);

export const Health = {
  typeName: 'grpc.health.v1.Health',
  methods: {
    check: { name: 'Check', I: HealthCheckRequest, O: HealthCheckResponse, kind: MethodKind.Unary },
  },
} as const satisfies ServiceType;
