/* `embedded:storage/flash`: reads, writes and erases of partitions, with the bounds that ESP-IDF checks. */
#include "flash.h"

/* Natives: `this.partition` is the index of an open partition, −1 when closed. */

static Partition* ownPartition(txMachine* the, uint32_t position, uint32_t size) {
	static txID partitionID = 0;
	int index;
	if (!partitionID)
		partitionID = fxID(the, "partition");
	mxPushSlot(mxThis);
	mxGetID(partitionID);
	index = the->stack->kind == XS_INTEGER_KIND ? the->stack->value.integer : -1;
	mxPop();
	if (index < 0 || index >= partitionCount)
		mxTypeError("closed");
	if (position > partitions[index].size || size > partitions[index].size - position)
		mxRangeError("outside the partition");
	return &partitions[index];
}

void sim_flash_find(txMachine* the) {
	txString label = fxToString(the, mxArgv(0));
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = -1;
	for (int i = 0; i < partitionCount; i++)
		if (!strcmp(partitions[i].label, label))
			mxResult->value.integer = i;
}

void sim_flash_label(txMachine* the) {
	int index = fxToInteger(the, mxArgv(0));
	if (index >= 0 && index < partitionCount)
		fxString(the, mxResult, partitions[index].label);
}

void sim_flash_size(txMachine* the) {
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = ownPartition(the, 0, 0)->size;
}

void sim_flash_read(txMachine* the) {
	txInteger position = fxToInteger(the, mxArgv(1));
	txKind kind = mxArgv(0)->kind;
	Partition* partition;
	void* target;
	txUnsigned size;
	if (position < 0)
		mxRangeError("outside the partition");
	if (kind == XS_INTEGER_KIND || kind == XS_NUMBER_KIND) {
		txInteger length = fxToInteger(the, mxArgv(0));
		if (length < 0)
			mxRangeError("invalid length");
		partition = ownPartition(the, position, length);
		fxArrayBuffer(the, mxResult, image + partition->offset + position, length, -1);
		size = length;
	}
	else {
		xsmcGetBufferWritable(*mxArgv(0), &target, &size);
		partition = ownPartition(the, position, size);
		memcpy(target, image + partition->offset + position, size);
		mxResult->kind = XS_INTEGER_KIND;
		mxResult->value.integer = size;
	}
	countRead(size);
}

void sim_flash_write(txMachine* the) {
	txInteger position = fxToInteger(the, mxArgv(1));
	Partition* partition;
	void* source;
	txUnsigned size, at, done = 0;
	if (position < 0)
		mxRangeError("outside the partition");
	xsmcGetBufferReadable(*mxArgv(0), &source, &size);
	partition = ownPartition(the, position, size);
	at = partition->offset + position;
	while (done < size) {
		txUnsigned part = PAGE - (at + done) % PAGE;
		if (part > size - done)
			part = size - done;
		if (!programPage(at + done, (uint8_t*)source + done, part))
			mxUnknownError("write failed");
		done += part;
	}
}

void sim_flash_erase(txMachine* the) {
	txInteger start = fxToInteger(the, mxArgv(0));
	txInteger stop = mxArgc > 1 && mxArgv(1)->kind != XS_UNDEFINED_KIND ? fxToInteger(the, mxArgv(1)) : start + 1;
	Partition* partition = ownPartition(the, 0, 0);
	if (start < 0 || stop < start || (uint32_t)stop > partition->size / SECTOR)
		mxRangeError("outside the partition");
	for (; start < stop; start++)
		if (!eraseSector(partition->offset + start * SECTOR))
			mxUnknownError("erase failed");
}
