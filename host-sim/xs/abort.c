/* How a machine ends by itself, and how that is described. */
#include "host.h"

static const char* abortReason(int status, int* code) {
	switch (status) {
	case XS_NOT_ENOUGH_MEMORY_EXIT: *code = EXIT_MEMORY_FULL; return "memory full";
#if XS_MAJOR_VERSION >= 17
	case XS_NATIVE_STACK_OVERFLOW_EXIT:
	case XS_JAVASCRIPT_STACK_OVERFLOW_EXIT:
#else
	case XS_STACK_OVERFLOW_EXIT:
#endif
		*code = EXIT_STACK_OVERFLOW; return "stack overflow";
	case XS_NO_MORE_KEYS_EXIT: *code = EXIT_NO_MORE_KEYS; return "no more keys";
	case XS_UNHANDLED_EXCEPTION_EXIT: *code = EXIT_UNHANDLED_EXCEPTION; return "unhandled exception";
	case XS_UNHANDLED_REJECTION_EXIT: *code = EXIT_UNHANDLED_REJECTION; return "unhandled rejection";
	case XS_TOO_MUCH_COMPUTATION_EXIT: *code = EXIT_WATCHDOG; return "watchdog";
	case XS_DEAD_STRIP_EXIT: *code = EXIT_DEAD_STRIP; return "dead strip";
	default: *code = EXIT_BUILD; return "fatal check";
	}
}

void fxAbort(txMachine* the, int status) {
	static int aborting = 0;
	char detail[2048] = "";
	int code;
	const char* reason = abortReason(status, &code);
	if (aborting++) /* describing the first abort ran out of memory or stack: its name has to do */
		exitHost(code, reason, "");
	if (status == XS_UNHANDLED_EXCEPTION_EXIT || status == XS_UNHANDLED_REJECTION_EXIT)
		reportException(the, detail, sizeof(detail));
	else
		snprintf(detail, sizeof(detail), "%s", stackOf(the));
	if (the == rootMachine || !rootMachine)
		code = EXIT_BUILD;
	exitHost(code, reason, detail);
}

/* Where the frames of a machine are: `    at name (file:line)` a line, found without allocating. */
const char* stackOf(txMachine* the) {
	static char buffer[2048];
	size_t length = 0;
	txSlot* frame = the->frame;
	buffer[0] = 0;
	for (int depth = 0; frame && depth < 16; frame = frame->next, depth++) {
		txSlot* environment;
		char name[128] = "";
		const char* file;
		if (!frame->next)
			break;
		environment = mxFrameToEnvironment(frame);
		file = environment->ID != XS_NO_ID ? fxGetKeyName(the, environment->ID) : NULL;
		fxBufferFrameName(the, name, sizeof(name), frame, "");
		if (length < sizeof(buffer))
			length += snprintf(buffer + length, sizeof(buffer) - length, "%s    at %s (%s:%d)", length ? "\n" : "",
				name[0] ? name : "?", file ? file : "native", file ? (int)environment->value.environment.line : 0);
	}
	return buffer;
}

/* The current exception as text, with its stack when it is an Error. Clears it. */
void reportException(txMachine* the, char* buffer, size_t size) {
	txSlot exception = mxException;
	mxException = mxUndefined;
	buffer[0] = 0;
	mxTry(the) {
		mxOverflow(-8);
		mxPushSlot(&exception);
		if (exception.kind == XS_REFERENCE_KIND) {
			fxGetID(the, fxID(the, "stack"));
			if (the->stack->kind == XS_UNDEFINED_KIND)
				mxPushSlot(&exception);
		}
		snprintf(buffer, size, "%s", fxToString(the, the->stack));
	}
	mxCatch(the) {
		snprintf(buffer, size, "(an exception that cannot be described)");
	}
}

