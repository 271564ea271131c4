/* The host's two text files: the bundle (modules, creation) and the device (board, pins, flash …). A line is words
   separated by tabs; the first word says what it is. host-sim/manifest/bundle.ts and host-sim/device.ts write them. */
#include "host.h"

Configuration configuration = {
	.creation = { .nameModulo = 127, .symbolModulo = 127, .parserBufferSize = 1024, .parserTableModulo = 127 },
	.main = "main", .bootCount = 1, .resetReason = 1, .lines = 1, .turnLimit = 2000000000
};

void lineError(const Line* line, const char* problem) {
	char detail[512];
	snprintf(detail, sizeof(detail), "%s:%d: %s: %s", line->file, line->line, line->words[0], problem);
	exitHost(EXIT_USAGE, "configuration", detail);
}

double lineNumber(const Line* line, int index) {
	char* end;
	double value;
	if (index >= line->count)
		lineError(line, "too few words");
	value = strtod(line->words[index], &end);
	if (*end || end == line->words[index])
		lineError(line, "not a number");
	return value;
}

static void readModule(const Line* line) {
	Module* module;
	configuration.modules = realloc(configuration.modules, (configuration.moduleCount + 1) * sizeof(Module));
	module = &configuration.modules[configuration.moduleCount++];
	if (line->count != 5)
		lineError(line, "name, path, source and preload wanted");
	*module = (Module){ .name = strdup(line->words[1]), .path = strdup(line->words[2]), .source = strdup(line->words[3]),
		.preload = line->words[4][0] == '1' };
}

static void readCreation(const Line* line) {
	txCreation* creation = &configuration.creation;
	configuration.arenaSize = lineNumber(line, 1);
	creation->initialChunkSize = lineNumber(line, 2);
	creation->incrementalChunkSize = lineNumber(line, 3);
	creation->initialHeapCount = lineNumber(line, 4);
	creation->incrementalHeapCount = lineNumber(line, 5);
	creation->stackCount = lineNumber(line, 6);
	creation->initialKeyCount = lineNumber(line, 7);
	creation->incrementalKeyCount = lineNumber(line, 8);
	creation->nameModulo = lineNumber(line, 9);
	creation->symbolModulo = lineNumber(line, 10);
}

static void readMac(const Line* line) {
	unsigned b[6];
	if (line->count != 2 || sscanf(line->words[1], "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4, b + 5) != 6)
		lineError(line, "a MAC address as 24:0a:c4:00:00:01 wanted");
	for (int i = 0; i < 6; i++)
		configuration.mac[i] = b[i];
}

static void readLine(const Line* line) {
	const char* word = line->words[0];
	if (!strcmp(word, "module")) readModule(line);
	else if (!strcmp(word, "creation")) readCreation(line);
	else if (!strcmp(word, "main")) configuration.main = strdup(line->words[1]);
	else if (!strcmp(word, "mac")) readMac(line);
	else if (!strcmp(word, "seed")) configuration.seed = strtoull(line->words[1], NULL, 10);
	else if (!strcmp(word, "reset")) configuration.resetReason = lineNumber(line, 1);
	else if (!strcmp(word, "boot")) configuration.bootCount = lineNumber(line, 1);
	else if (!strcmp(word, "start")) setClockStart(lineNumber(line, 1));
	else if (!strcmp(word, "real")) configuration.realTime = lineNumber(line, 1);
	else if (!strcmp(word, "horizon")) horizon = lineNumber(line, 1) * 1000;
	else if (!strcmp(word, "wide")) { /* a 64-bit host: slots and pointers take twice the room */
		configuration.arenaSize *= 2;
		configuration.creation.initialChunkSize *= 2;
	}
	else if (!strcmp(word, "lines")) configuration.lines = lineNumber(line, 1);
	else if (!strcmp(word, "computron")) configuration.computronTime = lineNumber(line, 1);
	else if (!strcmp(word, "collection")) configuration.collectionTime = lineNumber(line, 1);
	else if (!strcmp(word, "instruction")) configuration.instructionTime = lineNumber(line, 1);
	else if (!strcmp(word, "turn")) configuration.turnLimit = lineNumber(line, 1);
	else if (!strcmp(word, "truth")) setTruthLog(line->words[1]);
	else if (!strcmp(word, "preferences")) configurePreferences(line);
	else if (!strcmp(word, "pin")) configurePin(line);
	else if (!strcmp(word, "flash")) configureFlash(line);
	else lineError(line, "unknown");
}

/* `text` is changed. */
void readConfigurationText(const char* name, char* text) {
	Line line = { .file = name, .line = 0 };
	char *next = text, *start;
	while ((start = next) && *start) {
		next = strchr(start, '\n');
		if (next)
			*next++ = 0;
		line.line++;
		line.count = 0;
		if (!*start)
			continue;
		while (start) {
			if (line.count == 24)
				lineError(&line, "too many words");
			line.words[line.count++] = start;
			start = strchr(start, '\t');
			if (start)
				*start++ = 0;
		}
		readLine(&line);
	}
}

void readConfiguration(const char* path) {
	FILE* file = fopen(path, "r");
	char* text = NULL;
	size_t length = 0, read;
	if (!file)
		exitHost(EXIT_USAGE, "configuration", path);
	do {
		text = realloc(text, length + 65537);
		read = fread(text + length, 1, 65536, file);
		length += read;
	} while (read);
	text[length] = 0;
	fclose(file);
	readConfigurationText(path, text);
	free(text);
}
