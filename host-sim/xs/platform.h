/* XS's platform header for the host (-DXSPLATFORM="platform.h"): what XS includes first, in every file. */
#ifndef SLUICE_PLATFORM_H
#define SLUICE_PLATFORM_H

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__linux__)
	#undef mxLinux
	#define mxLinux 1
	#include <arpa/inet.h>
	#include <pthread.h>
	#include <unistd.h>
	#define mxUseGCCAtomics 1
	#define mxUsePOSIXThreads 1
#else
	/* bare metal (the rv32 bench): no threads, no dynamic loader */
	#define mxUseDefaultCStackLimit 0
#endif

#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#if INTPTR_MAX == INT64_MAX
	#define mx32bitID 1
#endif

#define mxUseDefaultBuildKeys 1
#define mxUseDefaultSharedChunks 1
#define mxUseDefaultDebug 1

/* The clone's RAM: chunks grow up from `arenaLow`, slots down from `arenaHigh`; 0 for the root machine. */
#define mxMachinePlatform \
	uint8_t* arena; \
	uint8_t* arenaLow; \
	uint8_t* arenaHigh; \
	int promiseJobs; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink;

/* `trace` goes to the parent. With mxDebug, which gives stack traces their lines, XS also prints every exception thrown,
   between a c_printf of where and one of "!\n"; that is left out. */
extern int hostVprintf(const char* format, va_list arguments);
extern int hostReport(const char* format, ...);
#define c_vprintf hostVprintf
#define c_printf hostReport

/* Date and Math.random are the simulation's: the clock the firmware has set, and the device's seed. */
#include <sys/time.h>
extern void hostTimeOfDay(struct timeval* value);
extern uint32_t hostRandom(void);
typedef struct timeval c_timeval;
#define c_timezone timezone
#define c_gettimeofday(VALUE, ZONE) hostTimeOfDay(VALUE)
#define C_RAND_MAX 0xFFFFFFFFu
#define c_rand hostRandom
#define c_srand(SEED)

#endif
