/* What the device's memory is used for: objects by their class, as JSON. Only right just after a collection. */
#include "host.h"

enum { CLASSES = 512, NAME_SIZE = 96 };

typedef struct {
	char name[NAME_SIZE];
	int objects, slots, chunkBytes;
} ClassUse;

static ClassUse uses[CLASSES];
static int useCount;

static int chunkBytes(void* data) {
	txMachine* the = deviceMachine;
	if (!data)
		return 0;
	/* what preloading made lies in the root's chunks: flash */
	if (the->arena && ((uint8_t*)data < the->arena || (uint8_t*)data >= the->arena + configuration.arenaSize))
		return 0;
	return (int)((txChunk*)((txByte*)data - sizeof(txChunk)))->size;
}

static int bytesOf(txSlot* slot) {
	switch (slot->kind) {
	case XS_STRING_KIND: return chunkBytes(slot->value.string);
	case XS_BIGINT_KIND: return chunkBytes(slot->value.bigint.data);
	case XS_ARRAY_KIND: {
		int bytes = chunkBytes(slot->value.array.address);
		for (txIndex index = 0; bytes && index < bytes / sizeof(txSlot) && index < slot->value.array.length; index++)
			bytes += bytesOf(slot->value.array.address + index);
		return bytes;
	}
	case XS_ARRAY_BUFFER_KIND: return chunkBytes(slot->value.arrayBuffer.address);
	case XS_CODE_KIND: return chunkBytes(slot->value.code.address);
	case XS_MAP_KIND: case XS_SET_KIND: return chunkBytes(slot->value.table.address);
	default: return 0;
	}
}

/* A class by its constructor's name, a bare object by its first key. */
static void nameClass(txSlot* instance, char* name) {
	txMachine* the = deviceMachine;
	txSlot* prototype = instance->value.instance.prototype;
	txSlot* constructor = prototype ? mxBehaviorGetProperty(the, prototype, mxID(_constructor), 0, XS_OWN) : NULL;
	const char* text = "?";
	if (constructor && constructor->kind == XS_REFERENCE_KIND) {
		txSlot* called = mxBehaviorGetProperty(the, constructor->value.reference, mxID(_name), 0, XS_OWN);
		if (called && (called->kind == XS_STRING_KIND || called->kind == XS_STRING_X_KIND))
			text = called->value.string;
		else if (called && (called->kind == XS_KEY_KIND || called->kind == XS_KEY_X_KIND))
			text = called->value.key.string;
		else { /* made at run time: without the property, but XS knows what it was called */
			txSlot* code = mxFunctionInstanceCode(constructor->value.reference);
			char* key = code && code->ID != XS_NO_ID ? fxGetKeyName(the, code->ID) : NULL;
			text = key ? key : text;
		}
	}
	snprintf(name, NAME_SIZE, "%.40s", text);
	if (!strcmp(name, "Object") && instance->next && instance->next->ID != XS_NO_ID) {
		char* key = fxGetKeyName(the, instance->next->ID);
		snprintf(name, NAME_SIZE, "{%.40s…}", key ? key : "");
	}
	for (char* at = name; *at; at++)
		if (*at == '"' || *at == '\\' || (uint8_t)*at < 32)
			*at = '_';
}

static ClassUse* useOf(txSlot* instance) {
	char name[NAME_SIZE];
	nameClass(instance, name);
	for (int index = 0; index < useCount; index++)
		if (!strcmp(uses[index].name, name))
			return uses + index;
	if (useCount == CLASSES)
		return uses + CLASSES - 1;
	strcpy(uses[useCount].name, name);
	return uses + useCount++;
}

/* Names that became keys at run time: each stays for ever. */
static void writeKeys(FILE* out) {
	txMachine* the = deviceMachine;
	fprintf(out, ",\"keyNames\":[");
	for (txID id = the->keyOffset; id < the->keyIndex; id++) {
		char* key = fxGetKeyName(the, id);
		fprintf(out, "%s\"", id > the->keyOffset ? "," : "");
		for (char* at = key ? key : ""; *at; at++)
			fputc(*at == '"' || *at == '\\' || (uint8_t)*at < 32 ? '_' : *at, out);
		fprintf(out, "\"");
	}
	fprintf(out, "]");
}

void writeCensus(FILE* out) {
	txMachine* the = deviceMachine;
	memset(uses, 0, sizeof(uses));
	useCount = 0;
	for (txSlot* heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++) {
			if (slot->kind != XS_INSTANCE_KIND)
				continue;
			ClassUse* use = useOf(slot);
			use->objects++;
			for (txSlot* property = slot; property; property = property->next) {
				use->slots++;
				if (property != slot)
					use->chunkBytes += bytesOf(property);
			}
		}
	fprintf(out, ",\"census\":{");
	for (int index = 0; index < useCount; index++)
		fprintf(out, "%s\"%s\":[%d,%d,%d]", index ? "," : "", uses[index].name, uses[index].objects, uses[index].slots, uses[index].chunkBytes);
	fprintf(out, "}");
	writeKeys(out);
}
