#include "decide/gate.h"

#include <string.h>

void gate_init(gate *g, const gate_config *config) {
    memset(g, 0, sizeof *g);
    g->config = config;
}

void gate_reset(gate *g) {
    g->open = false;
    g->left = 0;
}

bool gate_push(gate *g, uint32_t level) {
    const bool opens = !g->open && level >= g->config->open_at;
    if (opens || (g->open && level >= g->config->keep_at))
        g->left = g->config->hold;
    else if (g->left)
        g->left--;
    else
        g->open = false;
    if (opens) {
        g->open = true;
        g->openings++;
    }
    g->steps++;
    g->steps_open += g->open;
    return g->open;
}
