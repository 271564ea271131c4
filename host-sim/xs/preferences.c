/*
 * `preference`, the NVS of the ESP32: domain, name, and a boolean, int32, string or ArrayBuffer; names of at most 15
 * characters. As the SDK has it (modules/files/preference/esp32/modPreference.c), a set is two steps of NVS: the entry
 * is erased, then written. Each step is whole or not there, but the power may go between them, and what does not fit is
 * found out when the old value is gone.
 * The file is written anew and renamed. A record: u8 type, u8 length of domain, u8 length of name, u16 size, then the three.
 *
 *   preferences  file     <file>
 *   preferences  size     <bytes>      of the partition: sectors of 126 entries, of which one sector is kept free
 *   preferences  cut      <step>       power goes away before that step, counted from the boot, 0 the first
 *   preferences  cutsoon  <steps>      the same, after so many more of them
 */
#include "host.h"

typedef struct Preference { struct Preference* next; char domain[16], name[16]; uint8_t type; uint16_t size; uint8_t value[]; } Preference;

enum { TYPE_BOOLEAN = 1, TYPE_INTEGER, TYPE_STRING, TYPE_BUFFER, MOST_TEXT = 4000, ENTRY = 32, ENTRIES = 126, SECTOR_BYTES = 4096 };

static Preference* first = NULL;
static char path[4096] = "";
static uint32_t room = UINT32_MAX; /* entries */
static uint32_t steps = 0, cutStep = UINT32_MAX;

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

static void openFile(const Line* line) {
	FILE* file;
	uint8_t head[5];
	snprintf(path, sizeof(path), "%s", line->words[2]);
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

void configurePreferences(const Line* line) {
	const char* what = line->count > 1 ? line->words[1] : "";
	if (!strcmp(what, "file")) openFile(line);
	else if (!strcmp(what, "size")) room = (lineNumber(line, 2) / SECTOR_BYTES - 1) * ENTRIES;
	else if (!strcmp(what, "cut")) cutStep = lineNumber(line, 2);
	else if (!strcmp(what, "cutsoon")) cutStep = steps + lineNumber(line, 2);
	else lineError(line, "unknown");
}

/* NVS: an entry holds a number; a text takes one and its bytes, its zero included; a blob has one more as its index. */
static uint32_t entriesOf(int type, size_t size) {
	if (type == TYPE_STRING) return 1 + (size + 1 + ENTRY - 1) / ENTRY;
	if (type == TYPE_BUFFER) return 2 + (size + ENTRY - 1) / ENTRY;
	return 1;
}

/* How the entries lie in their sectors is not modelled: a board may be full some entries earlier. */
static int fits(const char* domain, int type, size_t size) {
	uint32_t used = 0, domains = 0, known = 0;
	for (Preference* p = first; p; p = p->next) {
		Preference* before = first;
		while (strcmp(before->domain, p->domain))
			before = before->next;
		domains += before == p;
		known |= !strcmp(p->domain, domain);
		used += entriesOf(p->type, p->size);
	}
	return used + domains + !known + entriesOf(type, size) <= room;
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

static void takeStep(void) {
	if (steps++ < cutStep)
		return;
	save();
	exitHost(EXIT_POWER_CUT, "power cut", "in the settings");
}

static void removePreference(Preference* preference) {
	Preference** address = &first;
	while (*address != preference)
		address = &(*address)->next;
	*address = preference->next;
	free(preference);
}

/* Whether it is a name that NVS takes. */
static int nameArgument(txMachine* the, int index, char* name) {
	txString string = fxToString(the, mxArgv(index));
	snprintf(name, 16, "%s", string);
	return string[0] && strlen(string) <= 15;
}

static Preference* findPreference(const char* domain, const char* name) {
	for (Preference* p = first; p; p = p->next)
		if (!strcmp(p->domain, domain) && !strcmp(p->name, name))
			return p;
	return NULL;
}

/* `name`: empty when NVS takes no such name, which is found out last. */
static void setPreference(txMachine* the, const char* domain, const char* name, int type, const void* value, size_t size) {
	Preference* old = findPreference(domain, name);
	if (old) {
		takeStep();
		removePreference(old);
	}
	takeStep();
	if (!name[0] || (type == TYPE_STRING && size >= MOST_TEXT) || !fits(domain, type, size)) {
		save();
		mxUnknownError("nvs set fail");
	}
	addPreference(domain, name, type, value, size);
	save();
}

void sim_preference_get(txMachine* the) {
	char domain[16], name[16];
	Preference* p;
	int32_t integer;
	if (!nameArgument(the, 0, domain))
		return;
	if (!nameArgument(the, 1, name))
		mxUnknownError("nvs get fail");
	p = findPreference(domain, name);
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
	if (!nameArgument(the, 0, domain))
		mxUnknownError("nvs_open fail");
	if (!nameArgument(the, 1, name))
		name[0] = 0;
	if (value->kind == XS_BOOLEAN_KIND) {
		uint8_t boolean = value->value.boolean;
		setPreference(the, domain, name, TYPE_BOOLEAN, &boolean, 1);
	}
	else if (value->kind == XS_INTEGER_KIND || (value->kind == XS_NUMBER_KIND && value->value.number == (int32_t)value->value.number)) {
		int32_t integer = value->kind == XS_INTEGER_KIND ? value->value.integer : (int32_t)value->value.number;
		setPreference(the, domain, name, TYPE_INTEGER, &integer, 4);
	}
	else if (value->kind == XS_STRING_KIND || value->kind == XS_STRING_X_KIND)
		setPreference(the, domain, name, TYPE_STRING, value->value.string, strlen(value->value.string));
	else if (value->kind == XS_NUMBER_KIND)
		mxUnknownError("float unsupported");
	else if (value->kind == XS_REFERENCE_KIND && isArrayBuffer(value->value.reference)) {
		void* bytes;
		txUnsigned size;
		xsmcGetBufferReadable(*value, &bytes, &size);
		setPreference(the, domain, name, TYPE_BUFFER, bytes, size);
	}
	else
		mxUnknownError("unsupported type");
}

void sim_preference_delete(txMachine* the) {
	char domain[16], name[16];
	Preference* found;
	if (!nameArgument(the, 0, domain))
		return;
	if (!nameArgument(the, 1, name))
		mxUnknownError("nvs erase fail");
	found = findPreference(domain, name);
	if (!found)
		return;
	takeStep();
	removePreference(found);
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
