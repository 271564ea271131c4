/*
 * Time. The clock counts microseconds since the simulation began and runs on through reboots; the device sees it from
 * its boot. In real time it is the monotonic clock; in virtual time it stands still while JavaScript runs, and goes
 * forward when the device waits, stalls, or reaches the horizon the parent granted.
 *
 * Timers are those of the SDK on the ESP32: whole milliseconds; a round serves every timer that is due at its start, in
 * the order of their making; a repeat adds its interval to its own due time, so it does not drift, and fires back to back
 * after a stall until it has caught up.
 */
#include "host.h"

int64_t horizon = 0;
int timerCount = 0;
static int64_t virtualNow = 0, bootTime = 0;

void setClockStart(double start) { virtualNow = bootTime = start * 1000 + 0.5; }

#ifdef __linux__
static int64_t monotonic(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
#else
static int64_t monotonic(void) { return 0; }
#endif

int64_t clockNow(void) {
	static int64_t base = 0;
	if (!configuration.realTime)
		return virtualNow;
	if (!base)
		base = monotonic() - bootTime;
	return monotonic() - base;
}

int64_t sinceBoot(void) { return clockNow() - bootTime; }

void advanceClock(int64_t to) {
	if (!configuration.realTime && to > virtualNow)
		virtualNow = to;
}

void stall(int64_t duration) {
	if (!configuration.realTime)
		virtualNow += duration;
#ifdef __linux__
	else {
		struct timespec pause = { .tv_sec = duration / 1000000, .tv_nsec = duration % 1000000 * 1000 };
		nanosleep(&pause, NULL);
	}
#endif
}

/* The SDK's tick is a whole millisecond since boot. */
static int64_t ticks(void) { return sinceBoot() / 1000; }

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

static Timer* timerArgument(txMachine* the, int index) {
	txSlot* slot = mxArgc > index ? mxArgv(index) : NULL;
	if (!slot || slot->kind != XS_REFERENCE_KIND || fxGetHostHooks(the, slot) != &timerHooks)
		return NULL;
	return fxGetHostData(the, slot);
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
	return due == INT64_MAX ? due : due * 1000 + bootTime;
}

/* `time`: Date is the wall clock the firmware has set; before, it counts from the epoch as on a board without RTC. */

static int64_t dateOffset = 0; /* µs to add to the time since boot */

void hostTimeOfDay(struct timeval* value) {
	int64_t wall = sinceBoot() + dateOffset;
	value->tv_sec = wall / 1000000;
	value->tv_usec = wall % 1000000;
}

void sim_time_set(txMachine* the) { /* seconds since the epoch */
	dateOffset = (int64_t)(fxToNumber(the, mxArgv(0)) * 1000000) - sinceBoot();
}

/* Signed 32 bits, as on the ESP32: wraps at 2³¹ ms. */
void sim_time_ticks(txMachine* the) {
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = (int32_t)(uint32_t)ticks();
}

void sim_time_microseconds(txMachine* the) {
	mxResult->kind = XS_NUMBER_KIND;
	mxResult->value.number = sinceBoot();
}
