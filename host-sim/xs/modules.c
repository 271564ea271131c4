/* Modules: found by name, parsed and linked when the root machine is made, their natives bound when they are loaded. */
#include "host.h"
#include "xsScript.h"

static Module* loading = NULL;

static Module* findModule(const char* name) {
	for (int i = 0; i < configuration.moduleCount; i++)
		if (!strcmp(configuration.modules[i].name, name))
			return &configuration.modules[i];
	return NULL;
}

/* `./x` and any run of `../` start from the importing module's name; a trailing `.js` or `.mjs` is dropped. */
static int resolveName(const char* importer, const char* specifier, char* name, size_t size) {
	const char* rest = specifier;
	size_t length, extension;
	if (specifier[0] != '.') {
		snprintf(name, size, "%s", specifier);
	}
	else {
		char* slash;
		if (!importer)
			return 0;
		snprintf(name, size, "%s", importer);
		slash = strrchr(name, '/');
		*(slash ? slash : name) = 0;
		while (rest[0] == '.') {
			if (rest[1] == '/')
				rest += 2;
			else if (rest[1] == '.' && rest[2] == '/') {
				rest += 3;
				if (!name[0])
					return 0;
				slash = strrchr(name, '/');
				*(slash ? slash : name) = 0;
			}
			else
				return 0;
		}
		length = strlen(name);
		snprintf(name + length, size - length, "%s%s", length ? "/" : "", rest);
	}
	length = strlen(name);
	extension = length > 3 && !strcmp(name + length - 3, ".js") ? 3 : length > 4 && !strcmp(name + length - 4, ".mjs") ? 4 : 0;
	name[length - extension] = 0;
	return 1;
}

txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* slot) {
	char specifier[C_PATH_MAX], name[C_PATH_MAX];
	(void)realm;
	fxToStringBuffer(the, slot, specifier, sizeof(specifier));
	if (resolveName(moduleID == XS_NO_ID ? NULL : fxGetKeyName(the, moduleID), specifier, name, sizeof(name)) && findModule(name))
		return fxNewNameC(the, name);
	/* a device build would find out when the import runs; here it ends the build */
	if (the == rootMachine || !rootMachine) {
		char detail[2 * C_PATH_MAX + 64];
		const char* importer = moduleID == XS_NO_ID ? "the manifest" : fxGetKeyName(the, moduleID);
		snprintf(detail, sizeof(detail), "%s imports '%s', which no manifest provides", importer, specifier);
		exitHost(EXIT_BUILD, "missing module", detail);
	}
	return XS_NO_ID;
}

/* Makes the module's host functions, an array that XS_CODE_HOST indexes. */
static void buildHosts(txMachine* the) {
	txS1* p = loading->script->hostsBuffer;
	txID count;
	if (!p)
		return;
	mxDecodeID(p, count);
	txHostFunctionBuilder* builders = calloc(count, sizeof(*builders)); /* kept: host functions point at it */
	for (txID i = 0; i < count; i++) {
		txID id;
		builders[i].length = *p++;
		mxDecodeID(p, id);
		builders[i].id = id;
		builders[i].callback = findNative((char*)p);
		if (!builders[i].callback) {
			char detail[512];
			snprintf(detail, sizeof(detail), "%s binds the native '%s', which the host does not have", loading->name, (char*)p);
			exitHost(EXIT_BUILD, "missing native", detail);
		}
		p += strlen((char*)p) + 1;
	}
	fxBuildHosts(the, count, builders);
	mxPullSlot(mxResult);
}

void fxLoadModule(txMachine* the, txSlot* module, txID moduleID) {
	Module* found = findModule(fxGetKeyName(the, moduleID));
	if (found) {
		loading = found;
		fxResolveModule(the, module, moduleID, found->script, C_NULL, C_NULL);
	}
}

/* A device has no parser: code made of strings at run time is refused as there. */
txScript* fxParseScript(txMachine* the, void* stream, txGetter getter, txUnsigned flags) {
	(void)stream, (void)getter, (void)flags;
	mxSyntaxError("no parser on a device: eval and Function are not there");
	return NULL;
}

static void parserError(void* console, txString path, txInteger line, txString format, va_list arguments) {
	char detail[1024];
	int length = snprintf(detail, sizeof(detail), "%s:%d: ", path ? path : loading->source, (int)line);
	(void)console;
	vsnprintf(detail + length, sizeof(detail) - length, format, arguments);
	exitHost(EXIT_BUILD, "syntax error", detail);
}

txScript* parseModule(txMachine* the, Module* module) {
	txParser parserRecord, *parser = &parserRecord;
	txParserJump jump;
	txScript* volatile script = NULL;
	txString unused = NULL;
	txUnsigned flags = mxCFlag | (configuration.lines ? mxDebugFlag : 0);
	char map[C_PATH_MAX];
	FILE* file = fopen(module->path, "r");
	if (!file)
		exitHost(EXIT_BUILD, "missing file", module->path);
	loading = module;
	fxInitializeParser(parser, the, the->parserBufferSize, the->parserTableModulo);
	parser->reportError = parserError;
	parser->firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		parser->path = fxNewParserSymbol(parser, (txString)module->path);
		fxParserTree(parser, file, (txGetter)fgetc, flags, &unused);
		snprintf(map, sizeof(map), "%s.map", module->path);
		fclose(file);
		file = fopen(map, "r");
		if (file) { /* lines of the TypeScript in stack traces */
			fxParserSourceMap(parser, file, (txGetter)fgetc, flags, &unused);
			fclose(file);
			file = NULL;
		}
		parser->path = parser->source = fxNewParserSymbol(parser, (txString)module->source);
		fxParserHoist(parser);
		fxParserBind(parser);
		script = fxParserCode(parser);
	}
	if (file)
		fclose(file);
	fxTerminateParser(parser);
	if (!script)
		exitHost(EXIT_BUILD, "syntax error", module->source);
	return script;
}

/* Binds a script's symbols to the machine's keys once and for all, as the linker does for a device. */
void linkScript(txMachine* the, txScript* script) {
	txS1* p = script->symbolsBuffer;
	txID count;
	txID* ids;
	mxDecodeID(p, count);
	ids = malloc(count * sizeof(txID));
	ids[0] = XS_NO_ID;
	for (txID i = 1; i < count; i++) {
		ids[i] = fxNewNameC(the, (txString)p);
		p += strlen((char*)p) + 1;
	}
	fxRemapIDs(the, script->codeBuffer, script->codeSize, ids);
	if (script->hostsBuffer) {
		txS1* q = script->hostsBuffer;
		txID hosts;
		mxDecodeID(q, hosts);
		for (txID i = 0; i < hosts; i++) {
			txID id;
			q++;
			mxDecodeID(q, id);
			if (id != XS_NO_ID) {
				q -= sizeof(txID);
				id = ids[id];
				mxEncodeID(q, id);
			}
			q += strlen((char*)q) + 1;
		}
	}
	free(ids);
	free(script->symbolsBuffer);
	script->symbolsBuffer = NULL;
	script->callback = script->hostsBuffer ? buildHosts : NULL;
}
