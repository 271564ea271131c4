/* The natives that the simulated modules bind by name: `native("sim_…")` in host-sim/moddable. */
#include "host.h"

#define NATIVES(EACH) \
	EACH(sim_timer_set) EACH(sim_timer_repeat) EACH(sim_timer_schedule) EACH(sim_timer_clear) EACH(sim_timer_delay) \
	EACH(sim_time_set) EACH(sim_time_ticks) EACH(sim_time_microseconds) \
	EACH(sim_analog_read) EACH(sim_digital_read) \
	EACH(sim_pins_analog) EACH(sim_pins_digital) EACH(sim_pins_write) EACH(sim_pins_edges) EACH(sim_pins_quadrature) EACH(sim_pins_width) EACH(sim_pins_watch) \
	EACH(sim_flash_find) EACH(sim_flash_label) EACH(sim_flash_size) EACH(sim_flash_read) EACH(sim_flash_write) EACH(sim_flash_erase) \
	EACH(sim_preference_get) EACH(sim_preference_set) EACH(sim_preference_delete) EACH(sim_preference_key) \
	EACH(sim_bridge_call) EACH(sim_bridge_call_into) EACH(sim_bridge_listen) \
	EACH(sim_meter_computrons) EACH(sim_meter_bytes) EACH(sim_meter_collect) EACH(sim_meter_collections) EACH(sim_meter_instructions) EACH(sim_meter_work) \
	EACH(sim_device_restart) EACH(sim_device_reason) EACH(sim_device_mac) EACH(sim_device_random)

#define DECLARE(NAME) extern void NAME(txMachine* the);
NATIVES(DECLARE)

/* A preloaded module's body runs on the build machine, where a device's natives are not: the linker would end there too. */
static void refuseWhileBuilding(txMachine* the, const char* name) {
	char detail[2560];
	if (deviceMachine)
		return;
	snprintf(detail, sizeof(detail), "%s: a preloaded module calls a native function in its body\n%s", name, stackOf(the));
	exitHost(EXIT_BUILD, "native while preloading", detail);
}

#define GUARD(NAME) static void guarded_##NAME(txMachine* the) { refuseWhileBuilding(the, #NAME); NAME(the); }
NATIVES(GUARD)

void sim_device_restart(txMachine* the) { exitHost(EXIT_RESTART, "restart", stackOf(the)); }

void sim_device_reason(txMachine* the) { fxInteger(the, mxResult, configuration.resetReason); }

void sim_device_mac(txMachine* the) {
	char text[18];
	const uint8_t* b = configuration.mac;
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
	fxString(the, mxResult, text);
}

static uint64_t randomState = 0;

uint32_t hostRandom(void) {
	if (!randomState)
		randomState = configuration.seed * 0x2545F4914F6CDD1Dull + configuration.bootCount;
	return uniform(&randomState) * 4294967296.0;
}

/* A uniform unsigned integer of 32 bits: the chip's random number generator. */
void sim_device_random(txMachine* the) { fxNumber(the, mxResult, hostRandom()); }

txCallback findNative(const char* name) {
	static const struct { const char* name; txCallback callback; } natives[] = {
#define ENTRY(NAME) { #NAME, guarded_##NAME },
		NATIVES(ENTRY)
	};
	for (size_t i = 0; i < sizeof(natives) / sizeof(natives[0]); i++)
		if (!strcmp(natives[i].name, name))
			return natives[i].callback;
	return NULL;
}
