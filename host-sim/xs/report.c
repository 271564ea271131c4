/* What a boot used at most, as JSON. Slots are counted, everything else is bytes unless its name says otherwise. */
#include "host.h"

static uint32_t collections = 0;
static uint16_t lastCollections = 0;
static double slotsCollected = 0;
static int collected = 0;

/* XS counts collections in 16 bits and computrons in 32; both are gathered before they wrap. */
void noteCollections(void) {
	if (!deviceMachine)
		return;
	uint16_t more = deviceMachine->garbageCollectionCount - lastCollections;
	collections += more;
	slotsCollected += (double)more * deviceMachine->maximumHeapCount;
	lastCollections = deviceMachine->garbageCollectionCount;
}

#ifdef mxMetering

/* 32 bits of computrons that wrap in XS 13; 48.16 fixed point, which does not, in the SDK's XS 17 */
typedef __typeof__(((txMachine*)0)->meterIndex) Meter;

enum { METER_INTERVAL = 1 << 22 };

static double meterTotal = 0, turnBase = 0;
static Meter lastMeter = 0;

static double meterNow(void) {
	double unit = sizeof(Meter) == 8 ? 1 / 65536.0 : 1;
	return deviceMachine ? meterTotal + (Meter)(deviceMachine->meterIndex - lastMeter) * unit : 0;
}

static txBoolean onMeter(txMachine* the, Meter unused) {
	Meter index = the->meterIndex;
	(void)unused;
	meterTotal = meterNow();
	lastMeter = (Meter)(index + METER_INTERVAL) < index ? 0 : index; /* 0: XS is about to begin anew */
	noteCollections();
	return meterTotal - turnBase < configuration.turnLimit;
}

void beginMeter(txMachine* the) { fxBeginMetering(the, onMeter, METER_INTERVAL); }

void beginTurn(void) { turnBase = meterNow(); }

#else /* as on a device: nothing is metered, and no time lost with it */

static double meterNow(void) { return 0; }
void beginMeter(txMachine* the) { (void)the; }
void beginTurn(void) {}

#endif

double computrons(void) { return meterNow(); }

/* Each collection marks and sweeps the whole heap. */
double collectedSlots(void) {
	noteCollections();
	return slotsCollected;
}

/* Bytes in use: chunks and slots. Between two collections it only grows, by the garbage and what is kept. */
double bytesInUse(txMachine* the) { return (double)the->currentChunksSize + (double)the->currentHeapCount * sizeof(txSlot); }

void writeReport(FILE* out) {
	txMachine* the = deviceMachine;
	noteCollections();
	fprintf(out, "{\"now\":%.3f,\"sinceBoot\":%.3f,\"boot\":%d", milliseconds(clockNow()), milliseconds(sinceBoot()), configuration.bootCount);
	if (the) {
		fprintf(out, ",\"slots\":{\"current\":%d,\"peak\":%d,\"reserved\":%d}", (int)the->currentHeapCount, (int)the->peakHeapCount, (int)the->maximumHeapCount);
		fprintf(out, ",\"chunks\":{\"current\":%d,\"peak\":%d,\"reserved\":%d}", (int)the->currentChunksSize, (int)the->peakChunksSize, (int)the->maximumChunksSize);
		fprintf(out, ",\"stack\":{\"peak\":%d,\"size\":%d}", (int)(the->stackTop - the->stackPeak), (int)(the->stackTop - the->stackBottom));
		fprintf(out, ",\"keys\":{\"used\":%d,\"available\":%d}", the->keyIndex - the->keyOffset, the->keyCount - the->keyOffset);
		fprintf(out, ",\"arena\":{\"size\":%d,\"peak\":%d}", configuration.arenaSize,
			the->arena ? configuration.arenaSize - (int)(the->arenaHigh - the->arenaLow) : 0);
		fprintf(out, ",\"aliases\":%d,\"collections\":%u,\"meter\":%.0f", the->aliasCount, (unsigned)collections, meterNow());
	}
	if (the && collected)
		writeCensus(out);
	collected = 0;
	fprintf(out, ",\"timers\":%d,\"dropped\":%u,\"slotSize\":%d,\"flash\":", timerCount, (unsigned)droppedEvents, (int)sizeof(txSlot));
	reportFlash(out);
	fprintf(out, "}");
}

void sendReport(void) {
	char* text = NULL;
	size_t size = 0;
	flushTruthLog(); /* whoever asks may want to compare */
#ifdef __linux__
	FILE* out = open_memstream(&text, &size);
	writeReport(out);
	fclose(out);
	sendFrame(TO_PARENT_REPORT, NULL, 0, text, size);
	if (!wireConnected())
		fprintf(stderr, "%s\n", text);
	free(text);
#else
	(void)text, (void)size;
#endif
}

/* `sim/meter`, for benches and tests. */

void sim_meter_computrons(txMachine* the) { fxNumber(the, mxResult, computrons()); }
void sim_meter_bytes(txMachine* the) { fxNumber(the, mxResult, bytesInUse(the)); }
void collectForReport(void) {
	fxCollectGarbage(deviceMachine);
	collected = 1;
}

void sim_meter_collect(txMachine* the) { fxCollectGarbage(the); noteCollections(); }
void sim_meter_collections(txMachine* the) { noteCollections(); fxNumber(the, mxResult, collections); }

void sim_meter_instructions(txMachine* the) {
#if defined(__riscv)
	uint32_t low, high, again;
	do
		__asm__ volatile(".option push\n .option arch, +zicsr\n csrr %0, minstreth\n csrr %1, minstret\n csrr %2, minstreth\n .option pop" : "=r"(high), "=r"(low), "=r"(again));
	while (high != again);
	fxNumber(the, mxResult, (double)high * 4294967296.0 + low);
#else
	fxNumber(the, mxResult, 0);
#endif
}
