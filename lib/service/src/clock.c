// When samples were taken that carry no time: counted on from the sample before, and corrected where the moment of
// reading proves the count wrong. Nothing is read before it was taken; and where a sensor has no more to give, its last
// sample is no older than the block in which its driver hands samples over.
#include "board/board.h"
#include "core.h"

enum { BLOCK_US = 20000 };

uint32_t service_span_us(uint32_t rate_mhz, size_t count) {
    return rate_mhz ? (uint32_t)(count * UINT64_C(1000000000) / rate_mhz) : 0;
}

uint32_t service_clock_read(service_clock *c, uint32_t rate_mhz, size_t count, bool emptied) {
    uint32_t now = board_micros();
    uint64_t parts = c->remainder + count * UINT64_C(1000000000);
    uint32_t behind = now - (c->last_us + (rate_mhz ? (uint32_t)(parts / rate_mhz) : 0));
    bool ahead = behind > INT32_MAX;
    c->remainder = rate_mhz ? parts % rate_mhz : 0;
    if (!c->running || ahead || !rate_mhz)
        behind = 0;
    else if (emptied && behind > BLOCK_US)
        behind = BLOCK_US;
    c->running = true;
    c->last_us = now - behind;
    return c->last_us;
}
