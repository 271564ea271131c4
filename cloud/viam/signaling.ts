/**
 * `proto.rpc.webrtc.v1.SignalingService/Answer`: a machine waits there for callers who would reach it by WebRTC. None
 * come by this cloud; the stream is held open all the same, since a machine whose stream ends asks anew each second.
 */
import { MethodKind } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import type { Served } from '@sluice/common/viam';
import { message } from '@sluice/common/viam/messages';

/** Streams held at once: a machine holds two. */
const mostHeld = 512;

const SignalingService = {
  typeName: 'proto.rpc.webrtc.v1.SignalingService',
  methods: {
    answer: {
      name: 'Answer',
      I: message('proto.rpc.webrtc.v1.AnswerResponse', []),
      O: message('proto.rpc.webrtc.v1.AnswerRequest', []),
      kind: MethodKind.BiDiStreaming,
    },
  },
} as const;

/** @param ended ends all of them: the door closes */
export function servedSignaling(ended: AbortSignal): Served {
  let held = 0;
  return {
    service: SignalingService,
    implementation: {
      // biome-ignore lint/correctness/useYield: nothing is ever said
      answer: async function* (_requests: AsyncIterable<object>, { signal }: HandlerContext) {
        if (held >= mostHeld) throw new ConnectError(`${mostHeld} streams are held`, Code.ResourceExhausted);
        held++;
        try {
          await aborted(AbortSignal.any([signal, ended]));
        } finally {
          held--;
        }
        throw new ConnectError('the cloud ends', Code.Unavailable);
      },
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
