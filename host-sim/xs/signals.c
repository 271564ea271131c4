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
 *   pin  <number>  fail      <from ms> <until ms>                 the converter gives an error in that span of the clock
 *   pin  <number>  clear                                          ends every term
 *   pin  <number>  edges     <file of float64>                    times (ms) at which the level changes, from 0
 */
#include "pins.h"

Pin pins[PIN_COUNT];

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

int countsAt(const Pin* pin, int64_t now) {
	double sum = 0;
	if (pin->output)
		return pin->written;
	for (const Term* term = pin->terms; term; term = term->next)
		if (term->from <= now && now < term->until)
			sum += termAt(term, now);
	sum = floor(sum + 0.5);
	return sum < 0 ? 0 : sum > FULL_SCALE ? FULL_SCALE : (int)sum;
}

int levelAt(const Pin* pin, int64_t now) { return countsAt(pin, now) > FULL_SCALE / 2; }

/* When the signal may next change, for the watch: exact for toggles and edge lists, each millisecond for the rest. */
int64_t nextChangeOf(const Pin* pin, int64_t now) {
	int64_t next = INT64_MAX;
	for (const Term* term = pin->terms; term; term = term->next) {
		int64_t at = term->until;
		if (term->until <= now)
			continue;
		if (term->from > now)
			at = term->from;
		else if (term->kind == CONSTANT) {}
		else if (term->kind == TOGGLE) {
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
			if (low < term->count)
				at = (int64_t)ceil(term->values[low] * 1000);
		}
		else
			at = (now / 1000 + 1) * 1000;
		if (at > term->until)
			at = term->until;
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
		for (term = pin->terms; term; term = term->next)
			if (term->until > clockNow())
				term->until = clockNow();
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
	term->from = deviceMachine ? clockNow() : INT64_MIN; /* what is there at boot was there before */
	term->until = INT64_MAX;
	for (address = &pin->terms; *address; address = &(*address)->next) {}
	*address = term;
}
