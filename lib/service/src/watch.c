// Whether the first sensor's rows are believable, whoever sends them.
#include "board/board.h"
#include "core.h"

#include <string.h>

static struct {
    health health;
    uint32_t switches; // of the source whose rows are watched
    uint32_t lost;     // rows of it that are counted
} watch;

static void begin(void) {
    watch.switches = service_switches();
    watch.lost = service_rows_lost(0);
    health_init(&watch.health, service.config->health, service_rate_mhz());
}

void service_watch_init(void) {
    memset(&watch, 0, sizeof watch);
    if (service_health()) begin();
}

const health *service_health(void) {
    return service.config->health && service.config->sensors ? &watch.health : NULL;
}

// A host has no clock: only the sensor's rows can come too slowly.
static void keep_pace(bool emptied) {
    const uint32_t lost = service_rows_lost(0);
    if (service_injecting()) return;
    health_lost(&watch.health, lost - watch.lost);
    watch.lost = lost;
    if (emptied) health_clock(&watch.health, board_micros());
}

bool service_believes(const int16_t *rows, size_t count, bool emptied) {
    if (!service_health()) return true;
    if (watch.switches != service_switches()) begin();
    const bool before = health_believable(&watch.health);
    health_push(&watch.health, rows, count);
    keep_pace(emptied);
    const bool now = health_believable(&watch.health);
    if (now && !before) service_start_afresh();
    return now;
}
