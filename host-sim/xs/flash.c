/*
 * NOR flash: a program only clears bits, an erase sets a whole sector of 4,096 B; programs go by pages of 256 B. Each page
 * programmed and each sector erased is one operation and takes its time, during which the VM stands (both cores of an
 * ESP32 run from flash). Operations count from the boot, 0 the first; faults are named by that number.
 *
 *   flash  image      <file> <bytes>                       kept across boots; `-`: plain memory
 *   flash  partition  <label> <offset> <bytes>
 *   flash  timing     <erase µs> <page µs> <read µs a KiB> <spread 0…1>   spread: each takes up to that much longer
 *   flash  cut        <operation> <fraction 0…1>            power goes away inside it: 0 before, 1 after
 *   flash  cutsoon    <operations> <fraction 0…1>           the same, after so many more of them
 *   flash  fail       erase|program  throw|silent  <operation>   the next such operation from that number on fails
 *   flash  endurance  <erases>                              a sector erased more often keeps some bits cleared
 */
#include "flash.h"
#ifdef __linux__
#include <fcntl.h>
#include <sys/mman.h>
#endif

typedef struct Fault { struct Fault* next; int erase, silent; uint32_t operation; } Fault;

Partition partitions[PARTITION_COUNT];
int partitionCount = 0;
uint8_t* image = NULL;
static uint32_t imageSize = 0;
static uint32_t* wear = NULL;
static double eraseTime = 0, pageTime = 0, readTime = 0, spread = 0; /* µs */
static uint32_t operations = 0, cutOperation = UINT32_MAX, endurance = UINT32_MAX;
static double cutFraction = 0;
static Fault* faults = NULL;
static uint64_t randomState = 0;
static struct { uint32_t reads, programs, erases, setBits; double readBytes, programBytes; int64_t stalled; } counters;

static void* mapFile(const char* path, size_t size) {
#ifdef __linux__
	int descriptor = open(path, O_RDWR | O_CREAT, 0644);
	struct { off_t size; } before;
	void* memory;
	if (descriptor < 0)
		exitHost(EXIT_USAGE, "flash image", path);
	before.size = lseek(descriptor, 0, SEEK_END);
	if (before.size < (off_t)size && ftruncate(descriptor, size))
		exitHost(EXIT_USAGE, "flash image", path);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	close(descriptor);
	if (memory == MAP_FAILED)
		exitHost(EXIT_USAGE, "flash image", path);
	return memory;
#else
	(void)path;
	return calloc(1, size);
#endif
}

static void openImage(const Line* line) {
	char path[4096];
	const char* file = line->words[2];
	imageSize = lineNumber(line, 3);
	if (!imageSize || imageSize % SECTOR)
		lineError(line, "the size must be whole sectors of 4096 bytes");
	if (!strcmp(file, "-")) {
		image = malloc(imageSize);
		memset(image, 0xFF, imageSize);
		wear = calloc(imageSize / SECTOR, 4);
		return;
	}
	image = mapFile(file, imageSize); /* the parent makes it, filled with 0xFF, when it is not there */
	snprintf(path, sizeof(path), "%s.wear", file);
	wear = mapFile(path, imageSize / SECTOR * 4);
}

static void addPartition(const Line* line) {
	Partition* partition = &partitions[partitionCount++];
	if (partitionCount == PARTITION_COUNT)
		lineError(line, "too many partitions");
	snprintf(partition->label, sizeof(partition->label), "%s", line->words[2]);
	partition->offset = lineNumber(line, 3);
	partition->size = lineNumber(line, 4);
	if (partition->offset % SECTOR || partition->size % SECTOR || (uint64_t)partition->offset + partition->size > imageSize)
		lineError(line, "not whole sectors within the image");
}

void configureFlash(const Line* line) {
	const char* what = line->count > 1 ? line->words[1] : "";
	if (!strcmp(what, "image")) openImage(line);
	else if (!strcmp(what, "partition")) addPartition(line);
	else if (!strcmp(what, "timing")) {
		eraseTime = lineNumber(line, 2), pageTime = lineNumber(line, 3), readTime = lineNumber(line, 4), spread = lineNumber(line, 5);
		randomState = configuration.seed * 31 + configuration.bootCount;
	}
	else if (!strcmp(what, "cut")) cutOperation = lineNumber(line, 2), cutFraction = lineNumber(line, 3);
	else if (!strcmp(what, "cutsoon")) cutOperation = operations + lineNumber(line, 2), cutFraction = lineNumber(line, 3);
	else if (!strcmp(what, "fail")) {
		Fault* fault = malloc(sizeof(Fault));
		*fault = (Fault){ faults, !strcmp(line->words[2], "erase"), !strcmp(line->words[3], "silent"), lineNumber(line, 4) };
		faults = fault;
	}
	else if (!strcmp(what, "endurance")) endurance = lineNumber(line, 2);
	else lineError(line, "unknown");
}

void closeFlash(void) {
#ifdef __linux__
	if (image)
		msync(image, imageSize, MS_ASYNC);
#endif
}

static void busy(double microseconds) {
	int64_t duration = microseconds * (1 + spread * uniform(&randomState));
	counters.stalled += duration;
	stall(duration);
}

static int takeFault(int erase, int* silent) {
	for (Fault** address = &faults; *address; address = &(*address)->next) {
		Fault* fault = *address;
		if (fault->erase == erase && operations >= fault->operation) {
			*silent = fault->silent;
			*address = fault->next;
			free(fault);
			return 1;
		}
	}
	return 0;
}

/* A cell caught half way holds either bit. */
static uint8_t someBits(void) { return uniform(&randomState) * 256; }

static void cutPower(void) { exitHost(EXIT_POWER_CUT, "power cut", "in a flash operation"); }

static void programBytes(uint8_t* target, const uint8_t* source, uint32_t size) {
	for (uint32_t i = 0; i < size; i++) {
		counters.setBits += __builtin_popcount(source[i] & ~target[i]); /* bits that stay 0 although the caller wants 1 */
		target[i] &= source[i];
	}
}

/* One operation: at most a page. Returns 0 when it fails and says so. */
int programPage(uint32_t at, const uint8_t* source, uint32_t size) {
	uint8_t* target = image + at;
	int silent;
	uint32_t done;
	if (operations == cutOperation) {
		done = cutFraction * size;
		programBytes(target, source, done);
		if (done < size && cutFraction > 0)
			target[done] &= source[done] | someBits();
		cutPower();
	}
	if (takeFault(0, &silent)) {
		done = uniform(&randomState) * size;
		programBytes(target, source, done);
		operations++;
		busy(pageTime);
		return silent;
	}
	programBytes(target, source, size);
	operations++;
	counters.programs++;
	counters.programBytes += size;
	busy(pageTime * (20 + size) / (20 + PAGE)); /* a short program is quicker, but not by much less than its first byte */
	return 1;
}

int eraseSector(uint32_t at) {
	uint8_t* target = image + at;
	int silent, fails, worn = wear[at / SECTOR] >= endurance;
	if (operations == cutOperation) {
		if (cutFraction >= 1)
			memset(target, 0xFF, SECTOR);
		else if (cutFraction > 0)
			for (int i = 0; i < SECTOR; i++)
				for (int bit = 1; bit < 256; bit <<= 1)
					if (uniform(&randomState) < cutFraction)
						target[i] |= bit;
		cutPower();
	}
	fails = takeFault(1, &silent);
	wear[at / SECTOR]++;
	operations++;
	counters.erases++;
	if (fails) {
		for (int i = 0; i < SECTOR; i++)
			target[i] |= someBits();
		busy(eraseTime);
		return silent;
	}
	memset(target, 0xFF, SECTOR);
	if (worn)
		target[(int)(uniform(&randomState) * SECTOR)] = someBits();
	busy(eraseTime);
	return 1;
}

void countRead(uint32_t size) {
	counters.reads++;
	counters.readBytes += size;
	busy(readTime * size / 1024);
}

void reportFlash(FILE* out) {
	uint32_t most = 0;
	double sum = 0;
	for (uint32_t i = 0; wear && i < imageSize / SECTOR; i++) {
		sum += wear[i];
		if (wear[i] > most)
			most = wear[i];
	}
	fprintf(out, "{\"operations\":%u,\"reads\":%u,\"readBytes\":%.0f,\"programs\":%u,\"programBytes\":%.0f,\"erases\":%u,"
		"\"setBits\":%u,\"stalled\":%.3f,\"wear\":{\"most\":%u,\"sum\":%.0f}}",
		(unsigned)operations, (unsigned)counters.reads, counters.readBytes, (unsigned)counters.programs, counters.programBytes,
		(unsigned)counters.erases, (unsigned)counters.setBits, milliseconds(counters.stalled), (unsigned)most, sum);
}
