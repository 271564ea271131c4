/*
 * One boot of one device: xs-host <bundle> <device>. The parent talks over descriptors 3 (to the host) and 4 (from it);
 * without them the host runs alone to its horizon and prints to stderr.
 *
 * The event loop is that of the SDK on the ESP32: a round of the timers that are due, then promise jobs, then the
 * messages that wait, one at a time with the promise jobs it caused. In virtual time nothing passes meanwhile unless
 * the device has a speed; when there is nothing to do the clock moves to whatever comes next, or the parent is asked
 * once the horizon is reached.
 */
#include "host.h"
#ifdef __linux__
#include <fcntl.h>
#endif

static int reporting = 0;

int hostReport(const char* format, ...) {
	reporting = strcmp(format, "!\n") != 0;
	return 0;
}

int hostVprintf(const char* format, va_list arguments) {
	double now = milliseconds(clockNow());
	va_list again;
	char* text;
	int length;
	if (reporting)
		return 0;
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = malloc(length + 1);
	vsnprintf(text, length + 1, format, arguments);
	if (wireConnected())
		sendFrame(TO_PARENT_TRACE, &now, 8, text, length);
	else
		fwrite(text, 1, length, stderr);
	free(text);
	return length;
}

int hostPrintf(const char* format, ...) {
	va_list arguments;
	va_start(arguments, format);
	int length = hostVprintf(format, arguments);
	va_end(arguments);
	return length;
}

void exitHost(int code, const char* reason, const char* detail) {
	char text[4096];
	double now = milliseconds(clockNow());
	int length;
	if (deviceMachine)
		sendReport();
	length = snprintf(text, sizeof(text), "%s\n%s", reason, detail);
	sendFrame(TO_PARENT_EXIT, &now, 8, text, length < (int)sizeof(text) ? length : (int)sizeof(text) - 1);
	if (!wireConnected() && code)
		fprintf(stderr, "xs-host: %s: %s\n", reason, detail);
	closeTruthLog();
	closeFlash();
	fflush(stdout);
	_Exit(code);
}

static void runPromiseJobs(txMachine* the) {
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	fxEndJob(the);
}

/* A device restarts only when the collector meets the rejected promise; whoever debugs wants to know at once. */
static void reportRejections(txMachine* the) {
	static int known = 0;
	int count = 0;
	txSlot* slot = mxUnhandledPromises.value.reference->next;
	while (slot && slot->next) { /* promise and reason by turns */
		if (count++ >= known) {
			char detail[1024];
			fxBeginHost(the);
			mxException.kind = slot->next->kind;
			mxException.value = slot->next->value;
			reportException(the, detail, sizeof(detail));
			fxEndHost(the);
			hostPrintf("unhandled rejection: %s\n", detail);
		}
		slot = slot->next->next;
	}
	known = count;
}

/* Imports the main module; its default export is called when it is a function, as on a device. */
static void importMain(txMachine* the) {
	mxPushStringC((txString)configuration.main);
	fxAwaitImport(the, XS_IMPORT_DEFAULT);
	if (fxIsCallable(the, the->stack)) {
		txSlot* function = the->stack;
		mxPushUndefined();
		mxPushSlot(function);
		mxCall();
		mxRunCount(0);
		mxPop();
	}
	mxPop();
}

/* What every set-up module is given to call when it has finished; the last call, the host's own, runs `main`. */
static int setupsPending = 0;

static void setupDone(txMachine* the) {
	if (--setupsPending == 0)
		importMain(the);
}

/*
 * As modRunMachineSetup of the SDK (xs/platforms/mc/xsHosts.c): the default export of every module whose name begins
 * with setup/ is called, and the main module runs when each of them has called back: never, if one does not.
 */
static void runMain(txMachine* the) {
	setupsPending = 1;
	fxBeginHost(the);
	mxTry(the) {
		for (int i = 0; i < configuration.moduleCount; i++) {
			txSlot* function;
			if (strncmp(configuration.modules[i].name, "setup/", 6))
				continue;
			mxPushStringC((txString)configuration.modules[i].name);
			fxAwaitImport(the, XS_IMPORT_DEFAULT);
			function = the->stack;
			if (fxIsCallable(the, function)) {
				setupsPending++;
				mxPushUndefined();
				mxPushSlot(function);
				mxCall();
				fxNewHostFunction(the, setupDone, 0, XS_NO_ID, XS_NO_ID);
				mxRunCount(1);
				mxPop();
			}
			mxPop();
		}
		setupDone(the);
	}
	mxCatch(the) {
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
	fxEndHost(the);
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t nextWake(void) {
	int64_t wake = earlier(nextTimer(), nextEdge());
	return firstEvent ? earlier(wake, firstEvent->at) : wake;
}

static void askParent(int64_t wake) {
	double head[2] = { milliseconds(clockNow()), wake == INT64_MAX ? INFINITY : milliseconds(wake) };
	if (!wireConnected())
		exitHost(EXIT_RUN_ENDED, "horizon", "");
	sendFrame(TO_PARENT_IDLE, head, sizeof(head), NULL, 0);
	while (handleFrame() != FROM_PARENT_GRANT) {}
}

static void waitVirtual(void) {
	int64_t wake = nextWake();
	if (wake <= horizon && clockNow() <= horizon)
		advanceClock(wake);
	else {
		advanceClock(horizon);
		askParent(wake);
	}
}

static void waitReal(void) {
	int64_t pause = nextWake() - clockNow();
	if (!wireConnected() && clockNow() >= horizon)
		exitHost(EXIT_RUN_ENDED, "horizon", "");
	if (pause > 0 ? waitReadable(pause > 1000000000 ? 1000000000 : pause) : waitReadable(0))
		handleFrame();
}

/* As `modMessageService` on the ESP32: the messages that wait already, and no longer than until the next timer is due. */
static void runMessages(txMachine* the) {
	int64_t start = clockNow(), pause = nextTimer() - start;
	int count = eventsDue(start);
	do {
		if (runEdges(the) + deliverEvent(the) == 0)
			return;
		runPromiseJobs(the);
		beginTurn();
	} while (--count > 0 && clockNow() - start < pause);
}

static void runLoop(txMachine* the) {
	for (;;) {
		beginTurn();
		runTimers(the);
		runPromiseJobs(the);
		runMessages(the);
		if (the->promiseJobs)
			continue;
		reportRejections(the);
		if (configuration.realTime)
			waitReal();
		else if (nextWake() > clockNow() || clockNow() > horizon)
			waitVirtual();
	}
}

int main(int count, char* arguments[]) {
	if (count < 2)
		exitHost(EXIT_USAGE, "usage", "xs-host <bundle> [<device>]");
#ifdef __linux__
	if (fcntl(3, F_GETFD) >= 0 && fcntl(4, F_GETFD) >= 0)
		openWire(3, 4);
#endif
	for (int i = 1; i < count; i++)
		readConfiguration(arguments[i]);
	rootMachine = createRootMachine();
	deviceMachine = createDeviceMachine();
	beginMeter(deviceMachine);
	if (!configuration.realTime && wireConnected())
		askParent(clockNow());
	else
		sendFrame(TO_PARENT_BOOTED, NULL, 0, NULL, 0);
	runMain(deviceMachine);
	runPromiseJobs(deviceMachine);
	runLoop(deviceMachine);
	return 0;
}
