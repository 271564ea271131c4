/* What the files of the host share. One process is one boot of one device, so the state is global. */
#ifndef SLUICE_HOST_H
#define SLUICE_HOST_H

#include "xsAll.h"
#include "xsmc.h"

/* Exit codes, named in host-sim/exit.ts: below 64 a device restarts, from 64 on the build or the parent is wrong. */
enum {
	EXIT_RUN_ENDED = 0,
	EXIT_RESTART = 10,            /* the firmware asked for it */
	EXIT_MEMORY_FULL = 11,
	EXIT_STACK_OVERFLOW = 12,
	EXIT_NO_MORE_KEYS = 13,
	EXIT_UNHANDLED_EXCEPTION = 14,
	EXIT_UNHANDLED_REJECTION = 15,
	EXIT_WATCHDOG = 16,           /* one turn of the event loop ran too long */
	EXIT_POWER_CUT = 17,
	EXIT_DEAD_STRIP = 18,         /* eval and the like: a device has no parser */
	EXIT_BUILD = 64,              /* a module does not parse, is missing, is not frozen … */
	EXIT_USAGE = 65,
	EXIT_PARENT = 66              /* the parent has gone, or broke the protocol */
};

typedef struct {
	const char* name;             /* the module's specifier */
	const char* path;             /* compiled JavaScript */
	const char* source;           /* what a stack trace names */
	int preload;
	txScript* script;
} Module;

typedef struct {
	txCreation creation;
	int arenaSize;                /* creation.static: 0 means chunks and slots have fixed sizes of their own */
	const char* main;
	Module* modules;
	int moduleCount;
	uint8_t mac[6];
	uint64_t seed;
	int resetReason;              /* esp_reset_reason_t */
	int bootCount;
	int realTime;
	double computronTime;         /* ns of virtual time that a bytecode takes; 0: none */
	double collectionTime;        /* the same of a slot that a collection looks at */
	double instructionTime;       /* the same of an instruction that `sim/meter` names */
	int lines;                    /* file and line in stack traces; a release build on a device has none, and is quicker */
	uint64_t turnLimit;           /* computrons a turn of the event loop may take before the watchdog bites */
} Configuration;

extern Configuration configuration;
extern txMachine* rootMachine;    /* flash: modules, frozen primordials; NULL until they are loaded */
extern txMachine* deviceMachine;  /* RAM */

/* configuration.c */
void readConfiguration(const char* path);
void readConfigurationText(const char* name, char* text);
typedef struct { char* words[24]; int count; const char* file; int line; } Line;
double lineNumber(const Line* line, int index);
void lineError(const Line* line, const char* problem) XS_FUNCTION_NORETURN;

extern void fxRemapIDs(txMachine* the, txByte* codeBuffer, txSize codeSize, txID* theIDs);

/* machine.c */
txMachine* createRootMachine(void);
txMachine* createDeviceMachine(void);

/* modules.c */
txScript* parseModule(txMachine* the, Module* module);
void linkScript(txMachine* the, txScript* script);

/* abort.c */
void reportException(txMachine* the, char* buffer, size_t size);
const char* stackOf(txMachine* the);

/* freeze.c */
void freezePrimordials(txMachine* the);
void freezeFunctions(txMachine* the);
int reportUnfrozen(txMachine* the);
void pinSharedSlots(txMachine* the);

/* wire.c */
enum {
	TO_PARENT_CALL = 'C', TO_PARENT_IDLE = 'I', TO_PARENT_TRACE = 'T', TO_PARENT_REPORT = 'J', TO_PARENT_EXIT = 'Z', TO_PARENT_BOOTED = 'B',
	FROM_PARENT_GRANT = 'G', FROM_PARENT_EVENT = 'E', FROM_PARENT_REPLY = 'R', FROM_PARENT_THROW = 'X',
	FROM_PARENT_LINE = 'L', FROM_PARENT_REPORT = 'Q', FROM_PARENT_STOP = 'S', FROM_PARENT_POWER_CUT = 'P', FROM_PARENT_COLLECT = 'K'
};
typedef struct Event { struct Event* next; int64_t at; uint32_t channel; uint32_t length; uint8_t bytes[]; } Event;
extern Event* firstEvent;         /* in order of time, then of arrival */
void openWire(int input, int output);
int wireConnected(void);
void sendFrame(int type, const void* head, size_t headSize, const void* bytes, size_t size);
int handleFrame(void);            /* waits for one frame; returns its type; replies stay in replyBytes */
int waitReadable(int64_t microseconds);
extern uint8_t* replyBytes;
extern size_t replySize;
int eventsDue(int64_t now);
Event* takeEvent(int64_t now);
extern uint32_t droppedEvents;

/* main.c */
void exitHost(int code, const char* reason, const char* detail) XS_FUNCTION_NORETURN;
int hostPrintf(const char* format, ...);

/* clock.c: microseconds */
int64_t clockNow(void);           /* since the simulation began */
int64_t sinceBoot(void);
int64_t bootedAt(void);
void setClockStart(double start);  /* ms of the clock at which this boot begins */
void advanceClock(int64_t to);    /* virtual time only goes forward; real time waits */
void stall(int64_t duration);     /* the CPU is held: erase, program, Timer.delay */
int64_t ticks(void);              /* whole milliseconds since boot, the SDK's tick */
extern int64_t horizon;

/* timers.c */
int runTimers(txMachine* the);    /* returns how many fired */
int64_t nextTimer(void);          /* INT64_MAX when there is none */
extern int timerCount;

/* signals.c */
void configurePin(const Line* line);

/* pins.c */
void setTruthLog(const char* path);
double uniform(uint64_t* state);  /* [0, 1), splitmix64 */
void flushTruthLog(void);
void closeTruthLog(void);
int64_t nextEdge(void);           /* of the watched pins */
int runEdges(txMachine* the);

/* flash.c */
void configureFlash(const Line* line);
void closeFlash(void);
void reportFlash(FILE* out);

/* preferences.c */
void configurePreferences(const Line* line);

/* bridge.c */
int deliverEvent(txMachine* the);

/* report.c */
void noteCollections(void);
void beginMeter(txMachine* the);
void beginTurn(void);          /* the watchdog counts from here */
double computrons(void);
double collectedSlots(void);
double bytesInUse(txMachine* the);
void writeReport(FILE* out);
void collectForReport(void);
void writeCensus(FILE* out);
void sendReport(void);

/* natives.c */
txCallback findNative(const char* name);

#define milliseconds(MICROSECONDS) ((double)(MICROSECONDS) / 1000.0)

#endif
