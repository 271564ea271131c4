/*
 * The device machine's RAM: one arena of the size the board has, in which chunks grow up and slots grow down until they
 * meet; or, when the board's `creation.static` is 0, pools of fixed size. The root machine takes what it wants.
 */
#include "host.h"

void fxCreateMachinePlatform(txMachine* the) {
	if (rootMachine && configuration.arenaSize) {
		the->arena = malloc(configuration.arenaSize);
		the->arenaLow = the->arena;
		the->arenaHigh = the->arena + configuration.arenaSize;
	}
}

void fxDeleteMachinePlatform(txMachine* the) { (void)the; /* the arena outlives the machine's last free */ }

void* fxAllocateChunks(txMachine* the, txSize size) {
	txBlock* block = the->firstBlock;
	txSize lacking;
	if (!the->arena)
		return malloc(size);
	if (!block) {
		if (the->arenaHigh - the->arenaLow < size)
			return NULL;
		the->arenaLow += size;
		return the->arenaLow - size;
	}
	/* XS asks for a whole new block, but the one block there is only has to grow by what it lacks. The caller adds
	   `size` to the limit and to the statistics, which is taken off here. */
	lacking = size - (txSize)sizeof(txBlock) - (txSize)(block->limit - block->current);
	if (lacking < 0)
		lacking = 0;
	if (the->arenaHigh - the->arenaLow < lacking)
		return NULL;
	the->arenaLow += lacking;
	block->limit = (txByte*)the->arenaLow - size;
	the->maximumChunksSize += lacking - size;
	return block->limit;
}

void fxFreeChunks(txMachine* the, void* chunks) {
	if (!the->arena)
		free(chunks);
}

static void* takeSlots(txMachine* the, size_t size) {
	if ((size_t)(the->arenaHigh - the->arenaLow) < size)
		return NULL;
	return the->arenaHigh -= size;
}

txSlot* fxAllocateSlots(txMachine* the, txSize count) {
	size_t size = count * sizeof(txSlot);
	void* slots;
	if (!the->arena)
		return malloc(size);
	slots = takeSlots(the, size);
	if (!slots && the->firstBlock) {
		/* chunks and slots have met: compact the chunks and take what they no longer use */
		fxCollect(the, XS_COMPACT_FLAG | XS_ORGANIC_FLAG);
		the->maximumChunksSize -= the->firstBlock->limit - the->firstBlock->current;
		the->firstBlock->limit = the->firstBlock->current;
		the->arenaLow = (uint8_t*)the->firstBlock->current;
		slots = takeSlots(the, size);
	}
	return slots;
}

void fxFreeSlots(txMachine* the, void* slots) {
	if (!the->arena)
		free(slots);
}

#ifndef __linux__
char* fxCStackLimit() { return NULL; }
#endif

