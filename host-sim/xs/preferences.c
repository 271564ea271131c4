/*
 * `preference`, the NVS of the ESP32: domain, name, and a boolean, int32, string or ArrayBuffer; names of at most 15
 * characters. The file is written anew and renamed at each change, so a set is whole or not there, as in NVS.
 * A record: u8 type, u8 length of domain, u8 length of name, u16 size, then the three.
 */
#include "host.h"

typedef struct Preference { struct Preference* next; char domain[16], name[16]; uint8_t type; uint16_t size; uint8_t value[]; } Preference;

enum { TYPE_BOOLEAN = 1, TYPE_INTEGER, TYPE_STRING, TYPE_BUFFER, MOST_BYTES = 4000 };

static Preference* first = NULL;
static char path[4096] = "";

static void addPreference(const char* domain, const char* name, int type, const void* value, size_t size) {
	Preference **address = &first, *preference = malloc(sizeof(Preference) + size + 1);
	snprintf(preference->domain, 16, "%s", domain);
	snprintf(preference->name, 16, "%s", name);
	preference->type = type;
	preference->size = size;
	memcpy(preference->value, value, size);
	preference->value[size] = 0;
	preference->next = NULL;
	while (*address && (strcmp((*address)->domain, domain) || strcmp((*address)->name, name)))
		address = &(*address)->next;
	if (*address) {
		Preference* old = *address;
		preference->next = old->next;
		free(old);
	}
	*address = preference;
}

void configurePreferences(const Line* line) {
	FILE* file;
	uint8_t head[5];
	snprintf(path, sizeof(path), "%s", line->words[1]);
	file = fopen(path, "rb");
	if (!file)
		return;
	while (fread(head, 5, 1, file) == 1) {
		char domain[256] = "", name[256] = "";
		uint8_t value[65536];
		size_t size = head[3] | head[4] << 8;
		if (fread(domain, 1, head[1], file) != head[1] || fread(name, 1, head[2], file) != head[2] || fread(value, 1, size, file) != size)
			lineError(line, "the file is damaged");
		addPreference(domain, name, head[0], value, size);
	}
	fclose(file);
}

static void save(void) {
#ifdef __linux__
	char temporary[4200];
	FILE* file;
	if (!path[0])
		return;
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	file = fopen(temporary, "wb");
	for (Preference* p = first; file && p; p = p->next) {
		uint8_t head[5] = { p->type, strlen(p->domain), strlen(p->name), p->size & 255, p->size >> 8 };
		fwrite(head, 5, 1, file);
		fwrite(p->domain, head[1], 1, file);
		fwrite(p->name, head[2], 1, file);
		if (p->size)
			fwrite(p->value, p->size, 1, file);
	}
	if (!file || fclose(file) || rename(temporary, path))
		exitHost(EXIT_USAGE, "preferences", path);
#endif
}

static void nameArgument(txMachine* the, int index, char* name) {
	txString string = fxToString(the, mxArgv(index));
	if (!string[0] || strlen(string) > 15)
		mxRangeError("a name of 1 to 15 characters wanted");
	strcpy(name, string);
}

static Preference* findPreference(txMachine* the, char* domain, char* name) {
	nameArgument(the, 0, domain);
	nameArgument(the, 1, name);
	for (Preference* p = first; p; p = p->next)
		if (!strcmp(p->domain, domain) && !strcmp(p->name, name))
			return p;
	return NULL;
}

void sim_preference_get(txMachine* the) {
	char domain[16], name[16];
	Preference* p = findPreference(the, domain, name);
	int32_t integer;
	if (!p)
		return;
	switch (p->type) {
	case TYPE_BOOLEAN: fxBoolean(the, mxResult, p->value[0]); break;
	case TYPE_INTEGER: memcpy(&integer, p->value, 4); fxInteger(the, mxResult, integer); break;
	case TYPE_STRING: fxString(the, mxResult, (txString)p->value); break;
	default: fxArrayBuffer(the, mxResult, p->value, p->size, -1);
	}
}

/* As in the SDK an ArrayBuffer, not a view of one. */
static int isArrayBuffer(const txSlot* instance) {
	return instance->next && instance->next->kind == XS_ARRAY_BUFFER_KIND;
}

void sim_preference_set(txMachine* the) {
	char domain[16], name[16];
	txSlot* value = mxArgv(2);
	findPreference(the, domain, name);
	if (value->kind == XS_BOOLEAN_KIND) {
		uint8_t boolean = value->value.boolean;
		addPreference(domain, name, TYPE_BOOLEAN, &boolean, 1);
	}
	else if (value->kind == XS_INTEGER_KIND || (value->kind == XS_NUMBER_KIND && value->value.number == (int32_t)value->value.number)) {
		int32_t integer = value->kind == XS_INTEGER_KIND ? value->value.integer : (int32_t)value->value.number;
		addPreference(domain, name, TYPE_INTEGER, &integer, 4);
	}
	else if (value->kind == XS_STRING_KIND || value->kind == XS_STRING_X_KIND) {
		size_t size = strlen(value->value.string);
		if (size >= MOST_BYTES)
			mxRangeError("too long");
		addPreference(domain, name, TYPE_STRING, value->value.string, size);
	}
	else if (value->kind == XS_REFERENCE_KIND && isArrayBuffer(value->value.reference)) {
		void* bytes;
		txUnsigned size;
		xsmcGetBufferReadable(*value, &bytes, &size);
		if (size >= MOST_BYTES)
			mxRangeError("too long");
		addPreference(domain, name, TYPE_BUFFER, bytes, size);
	}
	else
		mxTypeError("unsupported type");
	save();
}

void sim_preference_delete(txMachine* the) {
	char domain[16], name[16];
	Preference* found = findPreference(the, domain, name);
	Preference** address = &first;
	if (!found)
		return;
	while (*address != found)
		address = &(*address)->next;
	*address = found->next;
	free(found);
	save();
}

/* The n-th name of a domain, undefined after the last. */
void sim_preference_key(txMachine* the) {
	char domain[16];
	int index = fxToInteger(the, mxArgv(1));
	nameArgument(the, 0, domain);
	for (Preference* p = first; p; p = p->next) {
		if (!strcmp(p->domain, domain) && index-- == 0) {
			fxString(the, mxResult, p->name);
			return;
		}
	}
}
