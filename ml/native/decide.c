// A whole series of scores through the decision in one call from Python (ml/native/decide.py).
#include "decide/decide.h"

#include <stddef.h>

// scores int8 [windows][classes] -> events, of which there is room for `windows`, and their count.
size_t decide_all(const decide_config *config, const int8_t *scores, size_t windows, decide_event *events) {
    decide_state d;
    decide_init(&d, config);
    size_t made = 0;
    for (size_t i = 0; i < windows; i++) made += decide_push(&d, scores + i * config->classes, &events[made]);
    return made;
}
