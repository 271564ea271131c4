/** `proto.rpc.v1`: how a client shows who it is. */
import { MethodKind, type ServiceType } from '@bufbuild/protobuf';
import { message, nested, text } from './define';

const Credentials = message('proto.rpc.v1.Credentials', [text(1, 'type'), text(2, 'payload')]);

/** What `AuthenticateRequest` holds. */
export interface Authentication {
  entity: string;
  credentials?: { type: string; payload: string };
}

export const AuthenticateRequest = message('proto.rpc.v1.AuthenticateRequest', [
  text(1, 'entity'),
  nested(2, 'credentials', Credentials),
]);

export const AuthenticateResponse = message('proto.rpc.v1.AuthenticateResponse', [text(1, 'access_token')]);

export const AuthService = {
  typeName: 'proto.rpc.v1.AuthService',
  methods: {
    authenticate: {
      name: 'Authenticate',
      I: AuthenticateRequest,
      O: AuthenticateResponse,
      kind: MethodKind.Unary,
    },
  },
} as const satisfies ServiceType;
