/*
 * Pins. A signal is a sum of terms, each a pure function of time, so that whoever knows the configuration can say what
 * a pin was at any microsecond; reading a pin never changes it. Analog pins give counts 0…4095, rounded and clipped;
 * a digital read is 1 at half the range (2048) and above. Outputs read back what was written.
 *
 *   pin  <number>  constant  <counts>
 *   pin  <number>  ramp      <from> <counts per second> <period s, 0: none>
 *   pin  <number>  sine      <amplitude> <frequency Hz> <phase 0…1>
 *   pin  <number>  noise     <standard deviation> <seed>         Gaussian, new each millisecond
 *   pin  <number>  toggle    <low> <high> <period s> <duty 0…1> <phase 0…1>
 *   pin  <number>  samples   <file of float64> <rate Hz> <loop 0|1>
 *   pin  <number>  fail      <from ms> <until ms>                 reads throw in that span of the clock
 *   pin  <number>  clear                                          drops every term
 *   pin  <number>  edges     <file of float64>                    times (ms) at which the level changes, from 0
 */
#include "host.h"

enum { PIN_COUNT = 64, FULL_SCALE = 4095 };

typedef enum { CONSTANT, RAMP, SINE, NOISE, TOGGLE, SAMPLES, EDGES } TermKind;

typedef struct Term {
	struct Term* next;
	TermKind kind;
	double a, b, c, d, e;
	double* values;
	size_t count;
} Term;

typedef struct Failure { struct Failure* next; int64_t from, until; } Failure;

typedef struct {
	Term* terms;
	Failure* failures;
	int output, written;
	/* watched edges */
	int kinds;
	int64_t checked, nextChange;  /* µs of the clock */
	int level;
	txSlot callback;
	int watched;
} Pin;

static Pin pins[PIN_COUNT];

static uint64_t mix(uint64_t x) { /* splitmix64 (Steele, Lea, Flood 2014) */
	x += 0x9E3779B97F4A7C15ull;
	x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
	x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
	return x ^ (x >> 31);
}

double uniform(uint64_t* state) {
	*state += 0x9E3779B97F4A7C15ull;
	return (mix(*state) >> 11) * (1.0 / 9007199254740992.0);
}

static double gaussian(uint64_t seed, int64_t millisecond) { /* Box and Muller 1958 */
	uint64_t h = mix(seed ^ mix((uint64_t)millisecond));
	double u = ((h >> 11) + 1) * (1.0 / 9007199254740993.0);
	double v = (mix(h) >> 11) * (1.0 / 9007199254740992.0);
	return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static double fraction(double x) { return x - floor(x); }

static double termAt(const Term* term, int64_t now) {
	double t = now / 1e6;
	switch (term->kind) {
	case CONSTANT: return term->a;
	case RAMP: return term->a + term->b * (term->c > 0 ? fraction(t / term->c) * term->c : t);
	case SINE: return term->a * sin(6.283185307179586 * fraction(term->b * t + term->c));
	case NOISE: return term->a * gaussian((uint64_t)term->b, now / 1000);
	case TOGGLE: return fraction(t / term->c + term->e) < term->d ? term->b : term->a;
	case SAMPLES: {
		double index = floor(t * term->a + 1e-9);
		if (index >= term->count)
			index = term->b ? fmod(index, term->count) : term->count - 1;
		return term->values[(size_t)index];
	}
	case EDGES: {
		size_t low = 0, high = term->count; /* how many changes lie at or before now */
		while (low < high) {
			size_t middle = (low + high) / 2;
			if (term->values[middle] * 1000 <= now) low = middle + 1;
			else high = middle;
		}
		return low & 1 ? FULL_SCALE : 0;
	}
	}
	return 0;
}

static int countsAt(const Pin* pin, int64_t now) {
	double sum = 0;
	if (pin->output)
		return pin->written;
	for (const Term* term = pin->terms; term; term = term->next)
		sum += termAt(term, now);
	sum = floor(sum + 0.5);
	return sum < 0 ? 0 : sum > FULL_SCALE ? FULL_SCALE : (int)sum;
}

static int levelAt(const Pin* pin, int64_t now) { return countsAt(pin, now) > FULL_SCALE / 2; }

/* When the signal may next change, for the watch: exact for toggles and edge lists, each millisecond for the rest. */
static int64_t nextChangeOf(const Pin* pin, int64_t now) {
	int64_t next = INT64_MAX;
	for (const Term* term = pin->terms; term; term = term->next) {
		int64_t at;
		if (term->kind == CONSTANT)
			continue;
		if (term->kind == TOGGLE) {
			double phase = fraction(now / 1e6 / term->c + term->e);
			double left = (phase < term->d ? term->d : 1) - phase;
			at = now + (int64_t)ceil(left * term->c * 1e6);
			if (at <= now)
				at = now + 1;
		}
		else if (term->kind == EDGES) {
			size_t low = 0, high = term->count;
			while (low < high) {
				size_t middle = (low + high) / 2;
				if (term->values[middle] * 1000 <= now) low = middle + 1;
				else high = middle;
			}
			if (low == term->count)
				continue;
			at = (int64_t)ceil(term->values[low] * 1000);
		}
		else
			at = (now / 1000 + 1) * 1000;
		if (at < next)
			next = at;
	}
	return next;
}

/* Configuration */

static Pin* pinOf(const Line* line) {
	int number = lineNumber(line, 1);
	if (number < 0 || number >= PIN_COUNT)
		lineError(line, "no such pin");
	return &pins[number];
}

static void readValues(const Line* line, Term* term) {
	FILE* file = fopen(line->words[3], "rb");
	long size;
	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 8)
		lineError(line, "no samples in the file");
	rewind(file);
	term->count = size / 8;
	term->values = malloc(term->count * 8);
	if (fread(term->values, 8, term->count, file) != term->count)
		lineError(line, "the file cannot be read");
	fclose(file);
}

void configurePin(const Line* line) {
	Pin* pin = pinOf(line);
	const char* kind = line->count > 2 ? line->words[2] : "";
	Term *term, **address;
	pin->nextChange = 0;
	if (!strcmp(kind, "clear")) {
		while ((term = pin->terms)) {
			pin->terms = term->next;
			free(term->values);
			free(term);
		}
		return;
	}
	if (!strcmp(kind, "fail")) {
		Failure* failure = malloc(sizeof(Failure));
		*failure = (Failure){ pin->failures, lineNumber(line, 3) * 1000, lineNumber(line, 4) * 1000 };
		pin->failures = failure;
		return;
	}
	term = calloc(1, sizeof(Term));
	if (!strcmp(kind, "constant")) *term = (Term){ .kind = CONSTANT, .a = lineNumber(line, 3) };
	else if (!strcmp(kind, "ramp")) *term = (Term){ .kind = RAMP, .a = lineNumber(line, 3), .b = lineNumber(line, 4), .c = lineNumber(line, 5) };
	else if (!strcmp(kind, "sine")) *term = (Term){ .kind = SINE, .a = lineNumber(line, 3), .b = lineNumber(line, 4), .c = lineNumber(line, 5) };
	else if (!strcmp(kind, "noise")) *term = (Term){ .kind = NOISE, .a = lineNumber(line, 3), .b = lineNumber(line, 4) };
	else if (!strcmp(kind, "toggle")) *term = (Term){ .kind = TOGGLE, .a = lineNumber(line, 3), .b = lineNumber(line, 4), .c = lineNumber(line, 5), .d = lineNumber(line, 6), .e = lineNumber(line, 7) };
	else if (!strcmp(kind, "samples")) { *term = (Term){ .kind = SAMPLES, .a = lineNumber(line, 4), .b = lineNumber(line, 5) }; readValues(line, term); }
	else if (!strcmp(kind, "edges")) { *term = (Term){ .kind = EDGES }; readValues(line, term); }
	else lineError(line, "unknown signal");
	for (address = &pin->terms; *address; address = &(*address)->next) {}
	*address = term;
}

/* The truth log: every read and write, 16 bytes each: float64 time of the clock (ms), int32 value (−1: the read failed),
   uint16 pin (0x8000 set: a write), uint16 boot. */

static FILE* truth = NULL;

void setTruthLog(const char* path) {
	truth = fopen(path, "ab");
	if (!truth)
		exitHost(EXIT_USAGE, "truth log", path);
	setvbuf(truth, NULL, _IOFBF, 1 << 16);
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

static int readPin(txMachine* the, int number, int digital) {
	Pin* pin = &pins[number];
	int64_t now = clockNow();
	int value;
	for (Failure* failure = pin->failures; failure; failure = failure->next) {
		if (now >= failure->from && now < failure->until) {
			logTruth(number, -1, now);
			mxUnknownError("read failed");
		}
	}
	value = digital ? levelAt(pin, now) : countsAt(pin, now);
	logTruth(number, value, now);
	return value;
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

void sim_analog_read(txMachine* the) { returnInteger(the, readPin(the, ownPin(the), 0)); }
void sim_digital_read(txMachine* the) { returnInteger(the, readPin(the, ownPin(the), 1)); }
void sim_pins_analog(txMachine* the) { returnInteger(the, readPin(the, pinNumber(the), 0)); }
void sim_pins_digital(txMachine* the) { returnInteger(the, readPin(the, pinNumber(the), 1)); }

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
