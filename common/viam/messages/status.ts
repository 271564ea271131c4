/** `viam.common.v1.GetStatus…`, which every service of a resource has and this release of the SDK lacks. */
import { Struct } from '@bufbuild/protobuf';
import { message, nested, text } from './define';

export const GetStatusRequest = message('viam.common.v1.GetStatusRequest', [text(1, 'name')]);
export const GetStatusResponse = message('viam.common.v1.GetStatusResponse', [nested(1, 'result', Struct)]);
