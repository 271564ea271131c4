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

enum { HEAD_SIZE = 12, LONGEST_PREFIX = 8 };

/* Sends the head with what it is filled up to, then the bytes, and waits for the reply. */
static void callParent(txMachine* the, uint8_t* head, size_t headSize, void* bytes, txUnsigned size) {
	uint32_t channel = channelArgument(the);
	double now;
	int type;
	if (!wireConnected())
		mxUnknownError("no parent");
	now = milliseconds(clockNow());
	memcpy(head, &now, sizeof(now));
	memcpy(head + sizeof(now), &channel, sizeof(channel));
	sendFrame(TO_PARENT_CALL, head, headSize, bytes, size);
	do
		type = handleFrame();
	while (type != FROM_PARENT_REPLY && type != FROM_PARENT_THROW);
	if (type == FROM_PARENT_THROW)
		mxUnknownError("%s", replyBytes);
}

void sim_bridge_call(txMachine* the) {
	uint8_t head[HEAD_SIZE];
	void* bytes = NULL;
	txUnsigned size = 0;
	if (mxArgc > 1)
		xsmcGetBufferReadable(*mxArgv(1), &bytes, &size);
	callParent(the, head, HEAD_SIZE, bytes, size);
	fxArrayBuffer(the, mxResult, replyBytes, replySize, -1);
}

/* callInto(channel, into, bytes, ...prefix): nothing is allocated, as by what is native on a board. */
void sim_bridge_call_into(txMachine* the) {
	uint8_t head[HEAD_SIZE + LONGEST_PREFIX];
	void* bytes = NULL;
	void* into;
	txUnsigned size = 0, room;
	int prefix = mxArgc > 3 ? mxArgc - 3 : 0;
	if (prefix > LONGEST_PREFIX)
		mxRangeError("too many bytes in front");
	for (int index = 0; index < prefix; index++)
		head[HEAD_SIZE + index] = (uint8_t)fxToInteger(the, mxArgv(3 + index));
	if (mxArgc > 2 && mxArgv(2)->kind != XS_UNDEFINED_KIND)
		xsmcGetBufferReadable(*mxArgv(2), &bytes, &size);
	callParent(the, head, HEAD_SIZE + prefix, bytes, size);
	xsmcGetBufferWritable(*mxArgv(1), &into, &room);
	if (replySize > room)
		mxRangeError("the reply is longer than its buffer");
	memcpy(into, replyBytes, replySize);
	fxInteger(the, mxResult, replySize);
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
