#include "learn/learner.h"

#include "inside.h"

#include <string.h>

void learner_init(learner *l, const learn_config *config, uint32_t *memory) {
    memset(l, 0, sizeof *l);
    l->config = config;
    l->memory = memory;
    l->other = LEARN_NO_CLASS;
}

static void lay_out(learner *l) { // largest alignment first
    const uint8_t features = l->network.features, classes = l->network.classes;
    const learn_config *c = l->config;
    l->learnt = (learn_classes){l->memory, c->places, features, c->stray, l->network.model};
    int16_t *sum = (int16_t *)learn_at(&l->learnt, c->places);
    l->background = (learn_background){.mean = sum + features, .features = features};
    int8_t *next = (int8_t *)(sum + 2 * features);
    l->peak.sum = sum;
    l->peak.features = l->batch.features = l->guard.features = features;
    l->peak.longest = c->longest;
    l->batch.example = next;
    l->shown_scores = next + LEARN_BATCH * features;
    l->guard.memory = (uint8_t *)l->shown_scores + (LEARN_BATCH + 1) * classes;
    l->guard.room = c->guards;
    l->guard.classes = classes;
}

bool learner_use(learner *l, const learn_network *network) {
    const learn_config *c = l->config;
    if (network->features > c->features || network->classes > c->classes) return false;
    l->network = *network;
    lay_out(l);
    learn_clear(&l->learnt);
    learn_guard_clear(&l->guard);
    memset(l->background.mean, 0, 2u * network->features);
    l->wanted = l->shown = 0;
    learner_afresh(l);
    learner_settle(l);
    return true;
}

uint32_t learner_class_of(const learner *l, const char *label) {
    uint32_t i = 0;
    while (i < l->network.classes && strcmp(l->network.label[i], label) != 0) i++;
    return i;
}

void learner_settle(learner *l) {
    learn_answers *a = &l->answers;
    a->learnt = &l->learnt;
    a->background = &l->background;
    a->stray = learn_stray(&l->learnt);
    learner_hide(l);
    for (uint32_t i = 0; i < l->learnt.places; i++) {
        const learn_class *c = learn_at(&l->learnt, i);
        if (!learn_taken(c)) continue;
        const uint32_t known = learner_class_of(l, c->label);
        a->index[i] = known < a->classes ? (uint8_t)known : a->all++;
        l->classes++;
    }
}

void learner_hide(learner *l) {
    l->answers.classes = l->answers.all = l->network.classes;
    l->classes = 0;
    l->changed = true;
}

void learner_renew(learner *l) {
    for (uint32_t i = 0; i < l->learnt.places; i++) {
        const learn_class *c = learn_at(&l->learnt, i);
        if (!learn_valid(&l->learnt, c) || learn_find(&l->learnt, c->label) != (int32_t)i) learn_remove(&l->learnt, i);
    }
    learner_settle(l);
}

const char *learner_label(const learner *l, uint32_t class_id) {
    if (class_id < l->network.classes) return l->network.label[class_id];
    for (uint32_t i = 0; i < l->learnt.places; i++) {
        const learn_class *c = learn_at(&l->learnt, i);
        if (learn_taken(c) && l->answers.index[i] == class_id) return c->label;
    }
    return NULL;
}

const int8_t *learner_again(learner *l) {
    const learn_answers *a = &l->answers;
    if (!l->paused) {
        learn_answer(a, l->features, l->scores, l->all);
    } else {
        memset(l->all, -128, a->all);
        memcpy(l->all, l->scores, a->classes);
    }
    return l->all;
}

const int8_t *learner_window(learner *l, uint32_t level, const int8_t *features, const int8_t *scores) {
    l->features = features;
    l->scores = scores;
    if (l->wanted) learner_watch(l, scores && !l->paused ? level : 0);
    if (!scores) return NULL;
    learner_again(l);
    if (!l->wanted && !l->paused && learn_strongest(l->all, l->answers.all) == l->network.background) {
        learner_event(l, l->network.background); // nothing is meant
        learn_background_add(&l->background, features);
    }
    return l->all;
}

void learner_event(learner *l, uint32_t class_id) {
    if (l->scores && !l->paused && class_id < l->network.classes)
        learn_guard_put(&l->guard, class_id, l->scores, l->features);
}

void learner_afresh(learner *l) {
    learn_peak_drop(&l->peak);
    l->scores = NULL;
}

bool learner_forget(learner *l, const char label[LEARN_LABEL]) {
    const int32_t one = label ? learn_find(&l->learnt, label) : 0;
    if (one < 0) return false;
    for (uint32_t i = (uint32_t)one; i < (label ? (uint32_t)one + 1 : l->learnt.places); i++) {
        learn_remove(&l->learnt, i);
        learn_guard_put(&l->guard, l->network.classes + i, NULL, NULL);
        l->unsaved |= (uint16_t)(1u << i);
    }
    learner_settle(l);
    return true;
}
