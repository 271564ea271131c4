/*
 * XS's memory, with the SDK's rule for slots that are nearly all in use.
 *
 * Where a collection leaves fewer free slots than the heap grows by, twice in a row, the SDK's XS adds some. XS 13 never
 * notices: a machine whose live slots come to within one or two of those reserved collects for each slot or two that is
 * needed, without end, until nothing at all can be freed. The last call of its fxCollect is where the SDK's looks.
 */
#include "host.h"

#if XS_MAJOR_VERSION < 17
static void noteCrowdedSlots(txMachine* the) {
	if (the->maximumHeapCount - the->currentHeapCount < the->minimumHeapCount)
		the->collectFlag |= XS_TRASHING_FLAG;
	else
		the->collectFlag &= ~XS_TRASHING_FLAG;
}
#define fxCheckProfiler(THE, FRAME) (noteCrowdedSlots(THE), fxCheckProfiler(THE, FRAME))
#endif

#include "xsMemory.c"
