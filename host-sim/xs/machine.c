/*
 * The two machines of a device. The root machine is its flash: every module is parsed into it, the preloaded ones
 * are run, everything is frozen, then it is shared. The device machine is its RAM: a clone of the root.
 */
#include "host.h"

txMachine* rootMachine = NULL;
txMachine* deviceMachine = NULL;

void fxQueuePromiseJobs(txMachine* the) { the->promiseJobs = 1; }

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
