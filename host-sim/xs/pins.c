/* What the io modules see of the pins: reads, writes, edges; and the log of all of them. */
#include "pins.h"

/* The truth log: every read and write, 16 bytes each: float64 time of the clock (ms), int32 value (−1: the read failed),
   uint16 pin (0x8000 set: a write), uint16 boot. */

static FILE* truth = NULL;

void setTruthLog(const char* path) {
	truth = fopen(path, "ab");
	if (!truth)
		exitHost(EXIT_USAGE, "truth log", path);
	setvbuf(truth, NULL, _IOFBF, 1 << 16);
}

void flushTruthLog(void) {
	if (truth)
		fflush(truth);
}

void closeTruthLog(void) {
	if (truth)
		fclose(truth);
	truth = NULL;
}

static void logTruth(int pin, int32_t value, int64_t now) {
	struct { double time; int32_t value; uint16_t pin, boot; } record = { milliseconds(now), value, pin, configuration.bootCount };
	if (truth)
		fwrite(&record, 16, 1, truth);
}

/* Natives */

static int pinNumber(txMachine* the) {
	int number = mxArgc ? fxToInteger(the, mxArgv(0)) : -1;
	if (number < 0 || number >= PIN_COUNT)
		mxRangeError("invalid pin");
	return number;
}

static int isFailing(const Pin* pin, int64_t now) {
	for (Failure* failure = pin->failures; failure; failure = failure->next)
		if (now >= failure->from && now < failure->until)
			return 1;
	return 0;
}

static int readLevel(int number) {
	int64_t now = clockNow();
	int level = levelAt(&pins[number], now);
	logTruth(number, level, now);
	return level;
}

static void returnInteger(txMachine* the, int value) {
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = value;
}

/* A closed instance has pin −1. */
static int ownPin(txMachine* the) {
	static txID pinID = 0;
	int number;
	if (!pinID)
		pinID = fxID(the, "pin");
	mxPushSlot(mxThis);
	mxGetID(pinID);
	number = the->stack->kind == XS_INTEGER_KIND ? the->stack->value.integer : -1;
	mxPop();
	if (number < 0 || number >= PIN_COUNT)
		mxTypeError("closed");
	return number;
}

/* As the SDK: when ESP-IDF reports an error the result stays undefined, and nothing is thrown. */
static void readCounts(txMachine* the, int number) {
	int64_t now = clockNow();
	int counts = isFailing(&pins[number], now) ? -1 : countsAt(&pins[number], now);
	logTruth(number, counts, now);
	if (counts >= 0)
		returnInteger(the, counts);
}

/* A level is read from a register: it cannot fail. */
void sim_analog_read(txMachine* the) { readCounts(the, ownPin(the)); }
void sim_digital_read(txMachine* the) { returnInteger(the, readLevel(ownPin(the))); }
void sim_pins_analog(txMachine* the) { readCounts(the, pinNumber(the)); }
void sim_pins_digital(txMachine* the) { returnInteger(the, readLevel(pinNumber(the))); }

void sim_pins_write(txMachine* the) {
	int number = pinNumber(the);
	pins[number].output = 1;
	pins[number].written = fxToInteger(the, mxArgv(1));
	logTruth(number | 0x8000, pins[number].written, clockNow());
}

/* Counts the edges since boot. Toggles and edge lists are exact, whoever polls; other signals are sampled each ms. */
void sim_pins_edges(txMachine* the) {
	static struct { int64_t at; int level, rising, falling, begun; } counts[PIN_COUNT];
	int number = pinNumber(the), kinds = fxToInteger(the, mxArgv(1));
	Pin* pin = &pins[number];
	int64_t now = clockNow();
	if (!counts[number].begun) {
		counts[number].begun = 1;
		counts[number].at = now - sinceBoot();
		counts[number].level = levelAt(pin, counts[number].at);
	}
	for (;;) {
		int64_t next = nextChangeOf(pin, counts[number].at);
		int level;
		if (next > now)
			break;
		counts[number].at = next;
		level = levelAt(pin, next);
		if (level > counts[number].level) counts[number].rising++;
		if (level < counts[number].level) counts[number].falling++;
		counts[number].level = level;
	}
	returnInteger(the, (kinds & 1 ? counts[number].rising : 0) + (kinds & 2 ? counts[number].falling : 0));
}

/*
 * What the ESP32's pulse counter has counted since boot with the SDK's set-up: both pins of a quadrature encoder, 4 a
 * period; with `signal` alone (control < 0) the control reads low: up for a rising edge, down for a falling one.
 */
void sim_pins_quadrature(txMachine* the) {
	static struct { int64_t at; int begun, signal, control, count; } counters[PIN_COUNT];
	int signalNumber = pinNumber(the), controlNumber = fxToInteger(the, mxArgv(1));
	Pin* signal = &pins[signalNumber];
	Pin* control = controlNumber >= 0 && controlNumber < PIN_COUNT ? &pins[controlNumber] : NULL;
	int64_t now = clockNow();
	if (!counters[signalNumber].begun) {
		counters[signalNumber].begun = 1;
		counters[signalNumber].at = now - sinceBoot();
		counters[signalNumber].signal = levelAt(signal, counters[signalNumber].at);
		counters[signalNumber].control = control ? levelAt(control, counters[signalNumber].at) : 0;
	}
	for (;;) {
		int64_t next = nextChangeOf(signal, counters[signalNumber].at);
		int64_t other = control ? nextChangeOf(control, counters[signalNumber].at) : INT64_MAX;
		int level;
		if ((next < other ? next : other) > now)
			break;
		if (next <= other) {
			level = levelAt(signal, next);
			counters[signalNumber].count += (level - counters[signalNumber].signal) * (counters[signalNumber].control ? -1 : 1);
			counters[signalNumber].signal = level;
		}
		if (other <= next) {
			level = levelAt(control, other);
			counters[signalNumber].count += (level - counters[signalNumber].control) * (counters[signalNumber].signal ? 1 : -1);
			counters[signalNumber].control = level;
		}
		counters[signalNumber].at = next < other ? next : other;
	}
	returnInteger(the, counters[signalNumber].count);
}

/*
 * Microseconds of the last pulse that has ended since the last call, as capture hardware times it, whenever it is asked;
 * undefined when none has. `edges`: 1 rising to falling, 2 falling to rising, 3 rising to rising, 4 falling to falling.
 * With `anew` it begins now.
 */
void sim_pins_width(txMachine* the) {
	static struct { int64_t at, begin; int level; } captures[PIN_COUNT];
	int number = pinNumber(the), edges = fxToInteger(the, mxArgv(1));
	Pin* pin = &pins[number];
	int64_t now = clockNow(), width = -1;
	if (mxArgc > 2 && fxToBoolean(the, mxArgv(2))) {
		captures[number].at = now;
		captures[number].begin = -1;
		captures[number].level = levelAt(pin, now);
		return;
	}
	for (;;) {
		int64_t next = nextChangeOf(pin, captures[number].at);
		int level, begins, ends;
		if (next > now)
			break;
		captures[number].at = next;
		level = levelAt(pin, next);
		if (level == captures[number].level)
			continue;
		captures[number].level = level;
		begins = edges == 1 || edges == 3 ? level : !level;
		ends = edges == 1 || edges == 4 ? !level : level;
		if (ends && captures[number].begin >= 0)
			width = next - captures[number].begin;
		captures[number].begin = begins ? next : -1;
	}
	if (width >= 0)
		fxNumber(the, mxResult, width);
}

void sim_pins_watch(txMachine* the) {
	int number = pinNumber(the);
	Pin* pin = &pins[number];
	int64_t now = clockNow();
	if (pin->watched)
		fxForget(the, &pin->callback);
	pin->watched = mxArgc > 2 && mxArgv(2)->kind == XS_REFERENCE_KIND;
	if (!pin->watched)
		return;
	pin->kinds = fxToInteger(the, mxArgv(1));
	pin->callback = *mxArgv(2);
	fxRemember(the, &pin->callback);
	pin->level = levelAt(pin, now);
	pin->checked = now;
	pin->nextChange = nextChangeOf(pin, now);
}

int64_t nextEdge(void) {
	int64_t next = INT64_MAX;
	for (Pin* pin = pins; pin < pins + PIN_COUNT; pin++) {
		if (!pin->watched)
			continue;
		if (!pin->nextChange)
			pin->nextChange = nextChangeOf(pin, pin->checked);
		if (pin->nextChange < next)
			next = pin->nextChange;
	}
	return next;
}

/* Edges that fell together before the VM came round are one call, as on the ESP32. */
int runEdges(txMachine* the) {
	int64_t now = clockNow();
	int fired = 0;
	for (Pin* pin = pins; pin < pins + PIN_COUNT; pin++) {
		int seen = 0;
		if (!pin->watched)
			continue;
		if (!pin->nextChange)
			pin->nextChange = nextChangeOf(pin, pin->checked);
		while (pin->nextChange <= now) {
			int level = levelAt(pin, pin->nextChange);
			if (level != pin->level)
				seen |= level ? 1 : 2;
			pin->level = level;
			pin->checked = pin->nextChange;
			pin->nextChange = nextChangeOf(pin, pin->checked);
		}
		if (!(seen & pin->kinds))
			continue;
		fired++;
		fxBeginHost(the);
		mxTry(the) {
			mxPushUndefined();
			mxPushSlot(&pin->callback);
			mxCall();
			mxRunCount(0);
			mxPop();
		}
		mxCatch(the) {
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
		}
		fxEndHost(the);
	}
	return fired;
}
