// The rate of a sensor by the clock of the board.
#include "health/health.h"

#include "count.h"
#include <string.h>

enum { MARK_US = 250000, SHORTEST_US = 1500000, LONGEST_US = 4000000, BLOCK_US = 20000 };

void health_lost(health *h, uint32_t rows) {
    h->rows += rows;
}

static uint32_t rows_in(const health *h, uint32_t us) {
    return (uint32_t)((uint64_t)us * h->rate_mhz / 1000000000u);
}

// Rows come in blocks, and none of them is a part of one.
static bool is_off(const health *h, const health_mark *from, const health_mark *to) {
    const uint32_t rows = to->rows - from->rows, wanted = rows_in(h, to->time_us - from->time_us);
    const uint32_t off = rows > wanted ? rows - wanted : wanted - rows;
    return off > (uint32_t)((uint64_t)wanted * h->config->rate_percent / 100) + rows_in(h, BLOCK_US) + 1;
}

static void keep(health *h, uint32_t now_us) {
    if (h->marks == HEALTH_MARKS) memmove(h->mark, h->mark + 1, (--h->marks) * sizeof *h->mark);
    h->mark[h->marks].time_us = now_us;
    h->mark[h->marks++].rows = h->rows;
}

void health_clock(health *h, uint32_t now_us) {
    if (!h->config->rate_percent) return;
    const health_mark *last = h->marks ? &h->mark[h->marks - 1] : NULL;
    if (last && now_us - last->time_us < MARK_US) return;
    if (last && now_us - last->time_us > LONGEST_US) h->marks = 0; // nobody could look
    keep(h, now_us);
    const health_mark *from = &h->mark[0], *to = &h->mark[h->marks - 1];
    if (to->time_us - from->time_us < SHORTEST_US) return;
    health_tell(h, HEALTH_RATE, is_off(h, from, to) ? health_all(h) : 0, 1, 1);
}
