#include "collector/collector.h"

const struct collector *const collectors[COLLECTOR_COUNT] = {
#define COLLECTOR_ROW(id, name) [COLLECTOR_##id] = &collector_##name,
	COLLECTORS(COLLECTOR_ROW, )
#undef COLLECTOR_ROW
};

const char *const collector_names[COLLECTOR_COUNT] = {
#define COLLECTOR_ROW(id, name) [COLLECTOR_##id] = #name,
	COLLECTORS(COLLECTOR_ROW, )
#undef COLLECTOR_ROW
};
