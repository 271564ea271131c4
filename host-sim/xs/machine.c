/*
 * The two machines of a device. The root machine is its flash: every module is parsed into it, the preloaded ones
 * are run, everything is frozen, then it is shared. The device machine is its RAM: a clone of the root, whose chunks
 * and slots lie in one arena of the size the board has, or in pools of fixed size, as the creation record says.
 */
#include "host.h"
#include "xsScript.h"

txMachine* rootMachine = NULL;
txMachine* deviceMachine = NULL;
static Module* loading = NULL;

/* Memory */

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

/* Ends */

static const char* abortReason(int status, int* code) {
	switch (status) {
	case XS_NOT_ENOUGH_MEMORY_EXIT: *code = EXIT_MEMORY_FULL; return "memory full";
#if XS_MAJOR_VERSION >= 17
	case XS_NATIVE_STACK_OVERFLOW_EXIT:
	case XS_JAVASCRIPT_STACK_OVERFLOW_EXIT:
#else
	case XS_STACK_OVERFLOW_EXIT:
#endif
		*code = EXIT_STACK_OVERFLOW; return "stack overflow";
	case XS_NO_MORE_KEYS_EXIT: *code = EXIT_NO_MORE_KEYS; return "no more keys";
	case XS_UNHANDLED_EXCEPTION_EXIT: *code = EXIT_UNHANDLED_EXCEPTION; return "unhandled exception";
	case XS_UNHANDLED_REJECTION_EXIT: *code = EXIT_UNHANDLED_REJECTION; return "unhandled rejection";
	case XS_TOO_MUCH_COMPUTATION_EXIT: *code = EXIT_WATCHDOG; return "watchdog";
	case XS_DEAD_STRIP_EXIT: *code = EXIT_DEAD_STRIP; return "dead strip";
	default: *code = EXIT_BUILD; return "fatal check";
	}
}

void fxAbort(txMachine* the, int status) {
	static int aborting = 0;
	char detail[2048] = "";
	int code;
	const char* reason = abortReason(status, &code);
	if (aborting++) /* describing the first abort ran out of memory or stack: its name has to do */
		exitHost(code, reason, "");
	if (status == XS_UNHANDLED_EXCEPTION_EXIT || status == XS_UNHANDLED_REJECTION_EXIT)
		reportException(the, detail, sizeof(detail));
	else
		snprintf(detail, sizeof(detail), "%s", stackOf(the));
	if (the == rootMachine || !rootMachine)
		code = EXIT_BUILD;
	exitHost(code, reason, detail);
}

/* Where the frames of a machine are: `    at name (file:line)` a line, found without allocating. */
const char* stackOf(txMachine* the) {
	static char buffer[2048];
	size_t length = 0;
	txSlot* frame = the->frame;
	buffer[0] = 0;
	for (int depth = 0; frame && depth < 16; frame = frame->next, depth++) {
		txSlot* environment;
		char name[128] = "";
		const char* file;
		if (!frame->next)
			break;
		environment = mxFrameToEnvironment(frame);
		file = environment->ID != XS_NO_ID ? fxGetKeyName(the, environment->ID) : NULL;
		fxBufferFrameName(the, name, sizeof(name), frame, "");
		if (length < sizeof(buffer))
			length += snprintf(buffer + length, sizeof(buffer) - length, "%s    at %s (%s:%d)", length ? "\n" : "",
				name[0] ? name : "?", file ? file : "native", file ? (int)environment->value.environment.line : 0);
	}
	return buffer;
}

/* The current exception as text, with its stack when it is an Error. Clears it. */
void reportException(txMachine* the, char* buffer, size_t size) {
	txSlot exception = mxException;
	mxException = mxUndefined;
	buffer[0] = 0;
	mxTry(the) {
		mxOverflow(-8);
		mxPushSlot(&exception);
		if (exception.kind == XS_REFERENCE_KIND) {
			fxGetID(the, fxID(the, "stack"));
			if (the->stack->kind == XS_UNDEFINED_KIND)
				mxPushSlot(&exception);
		}
		snprintf(buffer, size, "%s", fxToString(the, the->stack));
	}
	mxCatch(the) {
		snprintf(buffer, size, "(an exception that cannot be described)");
	}
}

/* Jobs */

void fxQueuePromiseJobs(txMachine* the) { the->promiseJobs = 1; }

/* Modules */

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

static txScript* parseModule(txMachine* the, Module* module) {
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
static void linkScript(txMachine* the, txScript* script) {
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

static void importModule(txMachine* the, const char* name) {
	mxPushStringC((txString)name);
	fxAwaitImport(the, XS_IMPORT_NAMESPACE);
	mxPop();
}

static void preloadModules(txMachine* the) {
	char detail[2048];
	volatile int failed = 0;
	fxBeginHost(the);
	mxTry(the) {
		for (int i = 0; i < configuration.moduleCount; i++)
			if (configuration.modules[i].preload)
				importModule(the, configuration.modules[i].name);
		while (the->promiseJobs) {
			the->promiseJobs = 0;
			fxRunPromiseJobs(the);
		}
	}
	mxCatch(the) {
		failed = 1;
	}
	if (failed) {
		reportException(the, detail, sizeof(detail));
		exitHost(EXIT_BUILD, "preload failed", detail);
	}
	fxEndHost(the);
}

txMachine* createRootMachine(void) {
	txCreation creation = {
		.initialChunkSize = 1 << 20, .incrementalChunkSize = 1 << 19, .initialHeapCount = 1 << 15, .incrementalHeapCount = 1 << 14,
		.stackCount = 4096, .initialKeyCount = 4096, .incrementalKeyCount = 1024,
		.nameModulo = configuration.creation.nameModulo, .symbolModulo = configuration.creation.symbolModulo,
		.parserBufferSize = 256 * 1024, .parserTableModulo = 1993
	};
	txMachine* the = fxCreateMachine(&creation, "flash", NULL, 0);
	if (!the)
		exitHost(EXIT_BUILD, "no memory", "the root machine cannot be made");
	for (int i = 0; i < configuration.moduleCount; i++) {
		Module* module = &configuration.modules[i];
		fxNewNameC(the, (txString)module->name);
		module->script = parseModule(the, module);
		linkScript(the, module->script);
	}
	preloadModules(the);
	freezePrimordials(the);
	freezeFunctions(the);
	if (reportUnfrozen(the))
		exitHost(EXIT_BUILD, "not frozen", "preloaded modules hold what a device could not keep in flash (named above)");
	fxShareMachine(the);
	pinSharedSlots(the);
	return the;
}

txMachine* createDeviceMachine(void) {
	txMachine* the = fxCloneMachine(&configuration.creation, rootMachine, "device", NULL);
	if (!the)
		exitHost(EXIT_MEMORY_FULL, "memory full", "the machine does not fit its memory");
	return the;
}
