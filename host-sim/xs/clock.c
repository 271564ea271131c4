/*
 * Time. The clock counts microseconds since the simulation began and runs on through reboots; the device sees it from
 * its boot. In real time it is the monotonic clock; in virtual time it stands still while JavaScript runs (unless
 * the device is given a speed), and goes forward when the device waits, stalls, or reaches the horizon the parent granted.
 */
#include "host.h"

int64_t horizon = 0;
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

static double fraction = 0; /* µs that have been taken and are not in `virtualNow` yet */

static void spend(double nanoseconds) {
	double microseconds = fraction + nanoseconds / 1000;
	virtualNow += (int64_t)microseconds;
	fraction = microseconds - (int64_t)microseconds;
}

/* With `computron <ns>` what the firmware computes takes virtual time too, with `collection <ns>` each slot that a collection looks at. */
static void charge(void) {
	static double charged = 0, chargedSlots = 0;
	double now, slots;
	if (!configuration.computronTime)
		return;
	now = computrons();
	slots = collectedSlots();
	spend((now - charged) * configuration.computronTime + (slots - chargedSlots) * configuration.collectionTime);
	charged = now;
	chargedSlots = slots;
}

/* `sim/meter`: what a board does in machine code, and the parent or nobody does here. */
void sim_meter_work(txMachine* the) {
	if (!configuration.realTime)
		spend(fxToNumber(the, mxArgv(0)) * configuration.instructionTime);
}

int64_t clockNow(void) {
	static int64_t base = 0;
	if (!configuration.realTime) {
		charge();
		return virtualNow;
	}
	if (!base)
		base = monotonic() - bootTime;
	return monotonic() - base;
}

int64_t bootedAt(void) { return bootTime; }

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
int64_t ticks(void) { return sinceBoot() / 1000; }

/* `time`: Date is the wall clock the firmware has set; before, it counts from the epoch as on a board without RTC. */

static int64_t dateOffset = 0; /* µs to add to the time since boot */

void hostTimeOfDay(struct timeval* value) {
	int64_t wall = sinceBoot() + dateOffset;
	value->tv_sec = wall / 1000000;
	value->tv_usec = wall % 1000000;
}

void sim_time_set(txMachine* the) { /* whole seconds since the epoch */
	dateOffset = (int64_t)fxToUnsigned(the, mxArgv(0)) * 1000000 - sinceBoot();
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
