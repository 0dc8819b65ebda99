#include "count.h"

enum { DOUBTED = 2, OF_DOUBT = HEALTH_STUCK | HEALTH_DEAD | HEALTH_GRAVITY }; // life is loud, too, for a second

static unsigned bit_of(health_reason reason) {
    unsigned bit = 0;
    while (reason >> bit != 1) bit++;
    return bit;
}

void health_tell(health *h, health_reason reason, uint8_t channels, uint8_t told, uint8_t ended) {
    health_count *c = &h->count[bit_of(reason)];
    const bool is_told = (h->state & reason) != 0;
    if (!channels) {
        c->bad = 0;
        if (is_told && ++c->good >= ended) h->state &= (uint16_t)~reason;
        return;
    }
    c->good = 0;
    if (c->bad && !(c->channels & channels)) c->bad = 0; // of other channels than before
    c->channels = c->bad ? (uint8_t)(c->channels & channels) : channels;
    if (c->bad < UINT8_MAX) c->bad++;
    if (c->bad >= told) h->state |= (uint16_t)reason;
}

uint16_t health_state(const health *h) {
    return h->state;
}

uint8_t health_channels(const health *h) {
    uint8_t channels = 0;
    for (unsigned bit = 0; bit < HEALTH_REASONS; bit++)
        if (h->state >> bit & 1) channels |= h->count[bit].channels;
    return channels;
}

bool health_believable(const health *h) {
    return (h->state & ~h->config->harmless) == 0;
}

bool health_doubtful(const health *h) {
    for (unsigned bit = 0; bit < HEALTH_REASONS; bit++)
        if (h->count[bit].bad >= DOUBTED && (OF_DOUBT & ~h->config->harmless) >> bit & 1) return true;
    return !health_believable(h);
}

const char *health_name(unsigned bit) {
    static const char *const names[HEALTH_REASONS] = {"stuck", "dead", "repeating", "offset", "saturated",
                                                      "quiet", "loud", "rate",      "gravity"};
    return bit < HEALTH_REASONS ? names[bit] : "";
}
