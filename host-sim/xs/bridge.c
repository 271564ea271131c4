/* The module `sim/bridge`: calls to the Node parent, and events from it. */
#include "host.h"

enum { CHANNEL_COUNT = 256 };
static txSlot listeners[CHANNEL_COUNT];
static uint8_t listening[CHANNEL_COUNT];

static uint32_t channelArgument(txMachine* the) {
	txInteger channel = mxArgc ? fxToInteger(the, mxArgv(0)) : -1;
	if (channel < 0 || channel >= CHANNEL_COUNT)
		mxRangeError("invalid channel");
	return channel;
}

void sim_bridge_call(txMachine* the) {
	struct __attribute__((packed)) { double now; uint32_t channel; } head = { 0, channelArgument(the) };
	void* bytes = NULL;
	txUnsigned size = 0;
	int type;
	if (mxArgc > 1)
		xsmcGetBufferReadable(*mxArgv(1), &bytes, &size);
	if (!wireConnected())
		mxUnknownError("no parent");
	head.now = milliseconds(clockNow());
	sendFrame(TO_PARENT_CALL, &head, sizeof(head), bytes, size);
	do
		type = handleFrame();
	while (type != FROM_PARENT_REPLY && type != FROM_PARENT_THROW);
	if (type == FROM_PARENT_THROW)
		mxUnknownError("%s", replyBytes);
	fxArrayBuffer(the, mxResult, replyBytes, replySize, -1);
}

void sim_bridge_listen(txMachine* the) {
	uint32_t channel = channelArgument(the);
	if (listening[channel])
		fxForget(the, &listeners[channel]);
	listening[channel] = mxArgc > 1 && mxArgv(1)->kind == XS_REFERENCE_KIND;
	if (listening[channel]) {
		listeners[channel] = *mxArgv(1);
		fxRemember(the, &listeners[channel]);
	}
}

int deliverEvent(txMachine* the) {
	Event* event = takeEvent(clockNow());
	if (!event)
		return 0;
	if (event->channel >= CHANNEL_COUNT || !listening[event->channel]) {
		droppedEvents++;
		free(event);
		return 1;
	}
	fxBeginHost(the);
	mxTry(the) {
		mxPushUndefined();
		mxPushSlot(&listeners[event->channel]);
		mxCall();
		mxPushUndefined();
		fxArrayBuffer(the, the->stack, event->bytes, event->length, -1);
		free(event);
		mxRunCount(1);
		mxPop();
	}
	mxCatch(the) {
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
	fxEndHost(the);
	return 1;
}
