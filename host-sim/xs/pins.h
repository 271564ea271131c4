/* Signals and the pins that show them. */
#ifndef SLUICE_PINS_H
#define SLUICE_PINS_H

#include "host.h"

enum { PIN_COUNT = 64, FULL_SCALE = 4095 };

typedef enum { CONSTANT, RAMP, SINE, NOISE, TOGGLE, SAMPLES, EDGES } TermKind;

typedef struct Term {
	struct Term* next;
	TermKind kind;
	double a, b, c, d, e;
	int64_t from, until;          /* µs of the clock: the parent may change a pin while the device runs */
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

extern Pin pins[PIN_COUNT];

/* signals.c */
int countsAt(const Pin* pin, int64_t now);
int levelAt(const Pin* pin, int64_t now);
int64_t nextChangeOf(const Pin* pin, int64_t now);

#endif
