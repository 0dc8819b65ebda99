// A whole series of scores through the decision in one call from Python (ml/native/decide.py).
#include "decide/decide.h"

#include <stddef.h>

// scores int8 [windows][classes], awake [windows] or NULL (all) -> events, of which there is room for `windows`, and
// their count. Scores of a window in which the network slept are not read.
size_t decide_all(const decide_config *config, const int8_t *scores, const bool *awake, size_t windows,
                  decide_event *events) {
    decide_state d;
    decide_init(&d, config);
    size_t made = 0;
    for (size_t i = 0; i < windows; i++) {
        const int8_t *seen = !awake || awake[i] ? scores + i * config->classes : NULL;
        made += decide_push(&d, seen, &events[made]);
    }
    return made;
}
