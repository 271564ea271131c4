/*
 * XS's table of defaults (xsDefaults.c), but with what the SDK's linker puts in it for a device: functions that are made
 * at run time have neither name nor length, which are two slots each (xslStrip.c; `"strip": "*"` in manifest_base.json).
 */
#include "host.h"

static txSlot* functionLength(txMachine* the, txSlot* instance, txNumber length) {
	return rootMachine && the != rootMachine ? NULL : fxNewFunctionLength(the, instance, length);
}

static txSlot* functionName(txMachine* the, txSlot* instance, txID id, txIndex index, txID former, txString prefix) {
	return rootMachine && the != rootMachine ? NULL : fxNewFunctionName(the, instance, id, index, former, prefix);
}

#define fxNewFunctionLength functionLength
#define fxNewFunctionName functionName
#include "xsDefaults.c"
