// A learner (lib/learn) with memory of its own, for Python (ml/native/learner.py).
#include "learn/learner.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    learner l;
    learn_config config;
    char label[LEARN_MAX_CLASSES][64];
    const char *labels[LEARN_MAX_CLASSES];
    uint32_t room[];
} native_learner;

native_learner *native_learner_new(const learn_config *config, const char *const *label, uint32_t classes,
                                   uint32_t background, uint32_t model) {
    const size_t words = LEARN_ROOM((size_t)config->features, config->classes, config->places, config->guards);
    native_learner *made = calloc(1, sizeof *made + 4 * words);
    learn_network network = {made->labels, (uint8_t)classes, (uint8_t)background, config->features, model};
    made->config = *config;
    for (uint32_t i = 0; i < classes; i++) {
        strncpy(made->label[i], label[i], sizeof made->label[i] - 1);
        made->labels[i] = made->label[i];
    }
    learner_init(&made->l, &made->config, made->room);
    learner_use(&made->l, &network);
    return made;
}

learner *native_learner_of(native_learner *n) {
    return &n->l;
}

typedef struct {
    uint8_t news, other, left_out, all;
    uint16_t told, unsaved;
    uint32_t shown, wanted;
    const uint8_t *classes;
    uint32_t guards;
} native_state;

void native_learner_state(const native_learner *n, native_state *s) {
    const learner *l = &n->l;
    *s = (native_state){l->news,    l->other, l->left_out, l->answers.all,           l->told,
                        l->unsaved, l->shown, l->wanted,   (const uint8_t *)n->room, learn_guard_count(&l->guard)};
}

// Windows one after the other; `all` has LEARN_MAX_CLASSES scores for each.
void native_learner_windows(native_learner *n, const uint32_t *level, const int8_t *features, const int8_t *scores,
                            size_t count, int8_t *all) {
    const learn_network *network = &n->l.network;
    for (size_t i = 0; i < count; i++) {
        const int8_t *made = learner_window(&n->l, level[i], features + i * network->features,
                                            level[i] ? scores + i * network->classes : NULL);
        memset(all + i * LEARN_MAX_CLASSES, -128, LEARN_MAX_CLASSES);
        if (made) memcpy(all + i * LEARN_MAX_CLASSES, made, n->l.answers.all);
    }
}
