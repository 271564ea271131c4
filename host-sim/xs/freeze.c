/*
 * What the linker of a device build does to the root machine before it becomes flash: the primordials are frozen,
 * functions and class prototypes are frozen, and what is neither frozen nor could be copied on write is an error.
 */
#include "host.h"

static void freezeSlot(txMachine* the, txSlot* value) {
	mxPush(mxObjectConstructor);
	mxDub();
	mxGetID(mxID(_freeze));
	mxCall();
	mxPushSlot(value);
	mxRunCount(1);
	mxPop();
}

static void freezePrototypeOf(txMachine* the, txSlot* constructor) {
	mxPushSlot(constructor);
	mxGetID(mxID(_prototype));
	if (the->stack->kind == XS_REFERENCE_KIND)
		freezeSlot(the, the->stack);
	mxPop();
}

/* `Function` and its kin make code of strings: a device refuses. */
static void disableConstructor(txMachine* the, txSlot* prototype) {
	txSlot* property = mxBehaviorGetProperty(the, prototype->value.reference, mxID(_constructor), 0, XS_OWN);
	property->kind = mxThrowTypeErrorFunction.kind;
	property->value = mxThrowTypeErrorFunction.value;
}

void freezePrimordials(txMachine* the) {
	fxBeginHost(the);
	disableConstructor(the, &mxFunctionPrototype);
	disableConstructor(the, &mxAsyncFunctionPrototype);
	disableConstructor(the, &mxGeneratorFunctionPrototype);
	disableConstructor(the, &mxAsyncGeneratorFunctionPrototype);
	/* every object on the intrinsics' stack: constructors' prototypes, namespaces (JSON, Math …), iterators */
	for (int index = XS_SYMBOL_ID_COUNT; index < mxStackIndexCount; index++) {
		txSlot* slot = the->stackTop - 1 - index;
		if (slot->kind != XS_REFERENCE_KIND)
			continue;
		if (mxIsFunction(slot->value.reference))
			freezePrototypeOf(the, slot);
		else
			freezeSlot(the, slot);
	}
	mxPush(mxArrayPrototype);
	mxGetID(mxID(_Symbol_unscopables));
	freezeSlot(the, the->stack);
	mxPop();
	fxEndHost(the);
}

static void freezeInstance(txSlot* instance) {
	for (txSlot* property = instance->next; property; property = property->next) {
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
		property->flag |= XS_DONT_DELETE_FLAG;
	}
	instance->flag |= XS_DONT_PATCH_FLAG;
}

/* What a device's linker freezes by itself because it lies in flash: functions, their prototypes, environments and
   the objects that hold data out of line (typed arrays, maps, promises, regular expressions …). */
static int liesInFlash(txSlot* property) {
	switch (property->kind) {
	case XS_CALLBACK_KIND: case XS_CALLBACK_X_KIND: case XS_CODE_KIND: case XS_CODE_X_KIND:
	case XS_MAP_KIND: case XS_SET_KIND: case XS_WEAK_MAP_KIND: case XS_WEAK_SET_KIND: case XS_WEAK_REF_KIND:
	case XS_ARRAY_BUFFER_KIND: case XS_DATA_VIEW_KIND: case XS_TYPED_ARRAY_KIND:
	case XS_PROMISE_KIND: case XS_PROXY_KIND: case XS_REGEXP_KIND:
		return 1;
	case XS_CLOSURE_KIND:
		return property->value.closure->kind == XS_FINALIZATION_REGISTRY_KIND;
	default:
		return property->ID == XS_ENVIRONMENT_BEHAVIOR;
	}
}

void freezeFunctions(txMachine* the) {
	fxCollectGarbage(the);
	for (txSlot* heap = the->firstHeap; heap; heap = heap->next) {
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++) {
			txSlot* property = slot->next;
			if (slot->kind != XS_INSTANCE_KIND || !property || !(property->flag & XS_INTERNAL_FLAG) || !liesInFlash(property))
				continue;
			freezeInstance(slot);
			if (property->kind == XS_PROMISE_KIND && property->next && property->next->kind == XS_REFERENCE_KIND)
				freezeInstance(property->next->value.reference);
			/* a device's linker passes over the prototypes of generators, with a warning nobody can heed */
			for (property = property->next; property; property = property->next)
				if (property->ID == mxID(_prototype) && property->kind == XS_REFERENCE_KIND)
					freezeInstance(property->value.reference);
		}
	}
}

/* The check. A device build prints a warning for each; here they end the build. */

typedef struct { const char* names[32]; int depth; int count; } Trail;

static void checkInstance(txMachine* the, txSlot* instance, Trail* trail);

static int isFrozen(txSlot* instance) {
	if (!(instance->flag & XS_DONT_PATCH_FLAG))
		return 0;
	for (txSlot* property = instance->next; property; property = property->next) {
		if (property->kind == XS_ARRAY_KIND) {
			txSlot* item = property->value.array.address;
			for (txIndex length = fxGetIndexSize(NULL, property); length; length--, item++)
				if (!(item->flag & XS_DONT_DELETE_FLAG) || (item->kind != XS_ACCESSOR_KIND && !(item->flag & XS_DONT_SET_FLAG)))
					return 0;
		}
		else if (!(property->flag & XS_INTERNAL_FLAG) &&
			(!(property->flag & XS_DONT_DELETE_FLAG) || (property->kind != XS_ACCESSOR_KIND && !(property->flag & XS_DONT_SET_FLAG))))
			return 0;
	}
	return 1;
}

static void checkValue(txMachine* the, const char* name, txSlot* value, Trail* trail) {
	if (trail->depth >= 32)
		return;
	trail->names[trail->depth++] = name;
	if (value->kind == XS_REFERENCE_KIND)
		checkInstance(the, value->value.reference, trail);
	else if (value->kind == XS_ACCESSOR_KIND) {
		if (value->value.accessor.getter)
			checkInstance(the, value->value.accessor.getter, trail);
		if (value->value.accessor.setter)
			checkInstance(the, value->value.accessor.setter, trail);
	}
	trail->depth--;
}

static const char* keyName(txMachine* the, txID id) {
	const char* name = id == XS_NO_ID ? NULL : fxGetKeyName(the, id);
	return name ? name : "?";
}

static void checkEnvironment(txMachine* the, txSlot* environment, Trail* trail) {
	if (environment->flag & XS_LEVEL_FLAG)
		return;
	environment->flag |= XS_LEVEL_FLAG;
	if (environment->value.instance.prototype)
		checkEnvironment(the, environment->value.instance.prototype, trail);
	for (txSlot* variable = environment->next; variable; variable = variable->next)
		if (variable->kind == XS_CLOSURE_KIND && variable->value.closure)
			checkValue(the, keyName(the, variable->ID), variable->value.closure, trail);
}

static void checkInstance(txMachine* the, txSlot* instance, Trail* trail) {
	if (instance->flag & XS_LEVEL_FLAG)
		return;
	instance->flag |= XS_LEVEL_FLAG;
	if (instance->value.instance.prototype) {
		txSlot prototype = { .kind = XS_REFERENCE_KIND, .value = { .reference = instance->value.instance.prototype } };
		checkValue(the, "prototype", &prototype, trail);
	}
	if (!isFrozen(instance)) {
		char path[512] = "";
		for (int i = 0; i < trail->depth; i++)
			snprintf(path + strlen(path), sizeof(path) - strlen(path), "%s%s", i > 1 ? "." : i ? ": " : "", trail->names[i]);
		hostPrintf("not frozen: %s (use Object.freeze(…, true), or make it in a constructor)\n", path);
		trail->count++;
	}
	for (txSlot* property = instance->next; property; property = property->next) {
		if (property->kind == XS_ARRAY_KIND) {
			txSlot* item = property->value.array.address;
			for (txIndex length = fxGetIndexSize(the, property); length; length--, item++)
				checkValue(the, "[]", item, trail);
		}
		else if (property->kind == XS_CODE_KIND || property->kind == XS_CODE_X_KIND) {
			if (property->value.code.closures)
				checkEnvironment(the, property->value.code.closures, trail);
		}
		else if (property->kind == XS_PRIVATE_KIND) {
			for (txSlot* item = property->value.private.first; item; item = item->next)
				checkValue(the, keyName(the, item->ID), item, trail);
		}
		else if (!(property->flag & XS_INTERNAL_FLAG))
			checkValue(the, keyName(the, property->ID), property, trail);
	}
}

/* What the modules' exports and closures reach and is not frozen: names each, returns how many. */
int reportUnfrozen(txMachine* the) {
	Trail trail = { .depth = 0, .count = 0 };
	txSlot* realm = mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm;
	for (txSlot* module = mxOwnModules(realm)->value.reference->next; module; module = module->next) {
		txSlot* exports = mxModuleExports(module);
		if (exports->kind != XS_REFERENCE_KIND)
			continue;
		for (txSlot* export = exports->value.reference->next; export; export = export->next) {
			if (!export->value.export.closure)
				continue;
			trail.names[0] = keyName(the, module->ID);
			trail.depth = 1;
			checkValue(the, keyName(the, export->ID), export->value.export.closure, &trail);
		}
	}
	for (txSlot* heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++)
			if (slot->kind == XS_INSTANCE_KIND)
				slot->flag &= ~XS_LEVEL_FLAG;
	return trail.count;
}

/* The clone copies slots of the root; their data lie in the root's chunks, which the clone's collector must not mark.
   The kinds that end in X say so. */
static void pinSlot(txSlot* slot) {
	switch (slot->kind) {
	case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
	case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
	case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
	case XS_CODE_KIND: slot->kind = XS_CODE_X_KIND; break;
	default: break;
	}
}

void pinSharedSlots(txMachine* the) {
	for (txSlot* heap = the->firstHeap; heap; heap = heap->next) {
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++) {
			pinSlot(slot);
			if (slot->kind == XS_ARRAY_KIND && slot->value.array.address) {
				txSlot* item = slot->value.array.address;
				for (txIndex length = fxGetIndexSize(the, slot); length; length--, item++)
					pinSlot(item);
			}
		}
	}
	for (txSlot* slot = the->stack; slot < the->stackTop; slot++)
		pinSlot(slot);
}
