/* Frames to and from the parent: u32 length of what follows the length, u8 type, bytes; little endian. */
#include "host.h"
#ifdef __linux__
#include <poll.h>
#endif

static int input = -1, output = -1;
Event* firstEvent = NULL;
uint8_t* replyBytes = NULL;
size_t replySize = 0;
uint32_t droppedEvents = 0;

int wireConnected(void) { return input >= 0; }

static void parentGone(const char* what) {
	fprintf(stderr, "xs-host: %s\n", what);
	_Exit(EXIT_PARENT);
}

#ifdef __linux__

void openWire(int in, int out) { input = in, output = out; }

static void writeAll(const void* bytes, size_t size) {
	const uint8_t* p = bytes;
	while (size) {
		ssize_t written = write(output, p, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			parentGone("the parent does not read");
		p += written, size -= written;
	}
}

/* What has been read and not been taken. */
static uint8_t ahead[1 << 16];
static size_t aheadFrom = 0, aheadTo = 0;

static void readAll(void* bytes, size_t size) {
	uint8_t* p = bytes;
	while (size) {
		size_t part = aheadTo - aheadFrom < size ? aheadTo - aheadFrom : size;
		ssize_t count;
		memcpy(p, ahead + aheadFrom, part);
		aheadFrom += part, p += part, size -= part;
		if (!size)
			return;
		count = read(input, ahead, sizeof(ahead));
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			parentGone("the parent has gone");
		aheadFrom = 0, aheadTo = count;
	}
}

int waitReadable(int64_t microseconds) {
	if (aheadFrom < aheadTo)
		return 1;
	struct pollfd descriptor = { .fd = input, .events = POLLIN };
	struct timespec timeout = { .tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000 };
	return ppoll(&descriptor, 1, &timeout, NULL) > 0;
}

#else

void openWire(int in, int out) { (void)in, (void)out; }
static void writeAll(const void* bytes, size_t size) { (void)bytes, (void)size; }
static void readAll(void* bytes, size_t size) { (void)bytes, (void)size; parentGone("no parent"); }
int waitReadable(int64_t microseconds) { (void)microseconds; return 0; }

#endif

void sendFrame(int type, const void* head, size_t headSize, const void* bytes, size_t size) {
	uint8_t start[64];
	uint32_t length = 1 + headSize + size;
	if (output < 0)
		return;
	memcpy(start, &length, 4);
	start[4] = type;
	memcpy(start + 5, head, headSize);
	if (size && size < 4096) { /* one write for small frames */
		uint8_t whole[64 + 4096];
		memcpy(whole, start, 5 + headSize);
		memcpy(whole + 5 + headSize, bytes, size);
		writeAll(whole, 5 + headSize + size);
		return;
	}
	writeAll(start, 5 + headSize);
	if (size)
		writeAll(bytes, size);
}

static void keepEvent(const uint8_t* payload, size_t size) {
	Event** address = &firstEvent;
	Event* event;
	double at;
	if (size < 12)
		parentGone("a short event");
	event = malloc(sizeof(Event) + size - 12);
	memcpy(&at, payload, 8);
	memcpy(&event->channel, payload + 8, 4);
	event->at = at * 1000 + 0.5; /* whole microseconds: 1.001 ms is a hair below 1001 as a double */
	event->length = size - 12;
	memcpy(event->bytes, payload + 12, size - 12);
	while (*address && (*address)->at <= event->at)
		address = &(*address)->next;
	event->next = *address;
	*address = event;
}

int eventsDue(int64_t now) {
	int count = 0;
	for (Event* event = firstEvent; event && event->at <= now; event = event->next)
		count++;
	return count;
}

Event* takeEvent(int64_t now) {
	Event* event = firstEvent;
	if (!event || event->at > now)
		return NULL;
	firstEvent = event->next;
	return event;
}

static void keepGrant(const uint8_t* payload) {
	double until;
	memcpy(&until, payload, 8);
	horizon = until * 1000 + 0.5;
}

/* A reply begins with the horizon, which a call may have changed. */
static void keepReply(const uint8_t* payload, size_t size) {
	keepGrant(payload);
	replySize = size - 8;
	replyBytes = realloc(replyBytes, replySize + 1);
	memcpy(replyBytes, payload + 8, replySize);
	replyBytes[replySize] = 0;
}

int handleFrame(void) {
	uint32_t length;
	uint8_t* frame;
	int type;
	if (input < 0)
		return FROM_PARENT_STOP;
	readAll(&length, 4);
	if (length < 1 || length > (64u << 20))
		parentGone("a frame of impossible length");
	frame = malloc(length + 1);
	readAll(frame, length);
	frame[length] = 0;
	type = frame[0];
	if ((type == FROM_PARENT_GRANT || type == FROM_PARENT_REPLY || type == FROM_PARENT_THROW) && length < 9)
		parentGone("a short frame");
	switch (type) {
	case FROM_PARENT_GRANT: keepGrant(frame + 1); break;
	case FROM_PARENT_EVENT: keepEvent(frame + 1, length - 1); break;
	case FROM_PARENT_REPLY:
	case FROM_PARENT_THROW: keepReply(frame + 1, length - 1); break;
	case FROM_PARENT_LINE: readConfigurationText("parent", (char*)frame + 1); break;
	case FROM_PARENT_REPORT: sendReport(); break;
	case FROM_PARENT_COLLECT: collectForReport(); break;
	case FROM_PARENT_STOP: exitHost(EXIT_RUN_ENDED, "stopped", "");
	case FROM_PARENT_POWER_CUT: exitHost(EXIT_POWER_CUT, "power cut", "");
	default: parentGone("an unknown frame");
	}
	free(frame);
	return type;
}
