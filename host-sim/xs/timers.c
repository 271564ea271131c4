/*
 * Timers are those of the SDK on the ESP32: whole milliseconds; a round serves every timer that is due at its start, in
 * the order of their making; a repeat adds its interval to its own due time, so it does not drift, and fires back to back
 * after a stall until it has caught up.
 */
#include "host.h"

int timerCount = 0;

typedef struct Timer {
	struct Timer* next;
	int64_t due, interval;        /* ms since boot; interval 0: once */
	int scheduled, fire, serving, cleared;
	txSlot callback;              /* marked by the collector through the hook */
	txSlot self;                  /* keeps the timer object alive while it runs */
} Timer;

static Timer* firstTimer = NULL;

static void markTimer(txMachine* the, void* data, txMarkRoot markRoot) {
	if (data)
		(*markRoot)(the, &((Timer*)data)->callback);
}

static const txHostHooks timerHooks = { NULL, markTimer, NULL };

static void releaseTimer(txMachine* the, Timer* timer) {
	Timer** address = &firstTimer;
	while (*address != timer)
		address = &(*address)->next;
	*address = timer->next;
	timerCount--;
	fxSetHostData(the, &timer->self, NULL);
	fxForget(the, &timer->self);
	free(timer);
}

/* NULL for anything but a live timer. */
static Timer* timerArgument(txMachine* the, int index) {
	txSlot* slot = mxArgc > index ? mxArgv(index) : NULL;
	txSlot* host = slot && slot->kind == XS_REFERENCE_KIND ? slot->value.reference->next : NULL;
	if (!host || host->kind != XS_HOST_KIND || !(host->flag & XS_HOST_HOOKS_FLAG) || host->value.host.variant.hooks != &timerHooks)
		return NULL;
	return host->value.host.data;
}

static void addTimer(txMachine* the, int64_t delay, int64_t interval) {
	Timer **address = &firstTimer, *timer;
	if (!mxArgc || !fxIsCallable(the, mxArgv(0)))
		mxTypeError("callback is no function");
	timer = calloc(1, sizeof(Timer));
	timer->due = ticks() + delay;
	timer->interval = interval;
	timer->scheduled = 1;
	timer->callback = *mxArgv(0);
	fxNewHostObject(the, NULL);
	fxSetHostData(the, the->stack, timer);
	fxSetHostHooks(the, the->stack, &timerHooks);
	timer->self = *the->stack;
	fxRemember(the, &timer->self);
	mxPullSlot(mxResult);
	while (*address)
		address = &(*address)->next;
	*address = timer;
	timerCount++;
}

static int64_t integerArgument(txMachine* the, int index) { return mxArgc > index ? fxToInteger(the, mxArgv(index)) : 0; }

void sim_timer_set(txMachine* the) { addTimer(the, integerArgument(the, 1), integerArgument(the, 2)); }

void sim_timer_repeat(txMachine* the) { addTimer(the, integerArgument(the, 1), integerArgument(the, 1)); }

void sim_timer_schedule(txMachine* the) {
	Timer* timer = timerArgument(the, 0);
	if (!timer)
		mxTypeError("invalid timer");
	if (mxArgc == 1) {
		timer->scheduled = timer->fire = 0;
		timer->interval = -1;
		return;
	}
	timer->due = ticks() + integerArgument(the, 1);
	timer->interval = integerArgument(the, 2);
	timer->scheduled = 1;
}

void sim_timer_clear(txMachine* the) {
	Timer* timer = timerArgument(the, 0);
	if (!timer)
		return;
	timer->cleared = 1;
	timer->scheduled = timer->fire = 0;
	if (!timer->serving)
		releaseTimer(the, timer);
}

void sim_timer_delay(txMachine* the) { stall(integerArgument(the, 0) * 1000); }

static void serveTimer(txMachine* the, Timer* timer) {
	fxBeginHost(the);
	mxTry(the) {
		mxPushUndefined();
		mxPushSlot(&timer->callback);
		mxCall();
		mxPushSlot(&timer->self);
		mxRunCount(1);
		mxPop();
	}
	mxCatch(the) {
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
	fxEndHost(the);
}

int runTimers(txMachine* the) {
	int64_t now = ticks();
	int fired = 0;
	for (Timer* timer = firstTimer; timer; timer = timer->next)
		timer->fire = timer->scheduled && timer->due <= now;
	for (Timer *timer = firstTimer, *next; timer; timer = next) {
		next = timer->next;
		if (!timer->fire)
			continue;
		timer->fire = 0;
		timer->due += timer->interval;
		timer->serving = 1;
		serveTimer(the, timer);
		timer->serving = 0;
		fired++;
		next = timer->next; /* the callback may have made or cleared others */
		if (timer->cleared || timer->interval == 0)
			releaseTimer(the, timer);
	}
	return fired;
}

int64_t nextTimer(void) {
	int64_t due = INT64_MAX;
	for (Timer* timer = firstTimer; timer; timer = timer->next)
		if (timer->scheduled && timer->due < due)
			due = timer->due;
	return due == INT64_MAX ? due : due * 1000 + bootedAt();
}
