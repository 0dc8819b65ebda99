// Learning from examples that are being shown.
#include "inside.h"

#include <string.h>

static void tell(learner *l, learn_news news, uint32_t other) {
    l->news = (uint8_t)news;
    l->other = (uint8_t)other;
    l->told++;
}

static int32_t place_for(const learner *l) {
    const int32_t there = learn_find(&l->learnt, l->label);
    return there < 0 ? learn_free(&l->learnt) : there;
}

bool learner_show(learner *l, const char label[LEARN_LABEL], uint32_t examples) {
    memcpy(l->label, label, LEARN_LABEL);
    if (examples > LEARN_BATCH || place_for(l) < 0) return false;
    l->wanted = examples;
    l->shown = l->batch.count = l->left_out = 0;
    learn_peak_reset(&l->peak);
    tell(l, examples ? LEARN_WAITING : LEARN_STOPPED, LEARN_NO_CLASS);
    return true;
}

static int8_t *scores_of(const learner *l, uint32_t number) { // the last one: of what is on its way
    return l->shown_scores + number * l->network.classes;
}

// The class, of all, whose mean lies on that of the one in `place`.
static uint32_t close_to(const learner *l, uint32_t place) {
    int8_t mean[LEARN_MAX_FEATURES];
    learn_mean(learn_at(&l->learnt, place), mean);
    for (uint32_t i = 0; i < l->learnt.places; i++) {
        const learn_class *c = learn_at(&l->learnt, i);
        if (i != place && learn_taken(c) && learn_distance(c, mean) < l->answers.stray) return l->answers.index[i];
    }
    return LEARN_NO_CLASS;
}

static void add(learner *l, uint32_t place, uint32_t kept, int32_t times) {
    learn_class *c = learn_at(&l->learnt, place);
    for (uint32_t i = 0; i < l->batch.count; i++)
        if (kept >> i & 1) learn_add(c, learn_example(&l->batch, i), times);
    learn_seal(c);
    if (!c->examples) learn_remove(&l->learnt, place);
    learner_settle(l);
}

// The class of the network for which it takes all that was kept.
static uint32_t taken_for(const learner *l, uint32_t kept, uint32_t first) {
    for (uint32_t i = first; i < l->batch.count; i++)
        if (kept >> i & 1 && l->batch.answer[i] != l->batch.answer[first]) return LEARN_NO_CLASS;
    return l->batch.answer[first];
}

static uint32_t right(const learner *l) {
    return learn_guard_right(&l->guard, &l->answers, l->network.background);
}

static void learn(learner *l, uint32_t known, uint32_t kept) {
    const uint32_t place = (uint32_t)place_for(l);
    const uint32_t before = right(l), may_differ = learn_guard_count(&l->guard) / 4;
    uint32_t first = 0;
    if (!learn_taken(learn_at(&l->learnt, place))) learn_name(&l->learnt, place, l->label);
    add(l, place, kept, 1);
    const uint32_t close = close_to(l, place);
    const bool worse = right(l) + may_differ < before;
    if (worse || close != LEARN_NO_CLASS) {
        add(l, place, kept, -1);
        tell(l, worse ? LEARN_WORSE : LEARN_CLOSE, close);
        return;
    }
    l->unsaved |= (uint16_t)(1u << place);
    while (!(kept >> first & 1)) first++;
    const uint32_t old = known < l->network.classes ? known : l->network.classes + place;
    learn_guard_put(&l->guard, old, scores_of(l, first), learn_example(&l->batch, first)); // its answer is known
    const uint32_t like = taken_for(l, kept, first);
    const bool other = like != LEARN_NO_CLASS && like != known && like != l->network.background;
    tell(l, other ? LEARN_LEARNT_LIKE : LEARN_LEARNT, other ? like : LEARN_NO_CLASS);
}

bool learner_stop(learner *l) {
    if (!l->wanted) return false;
    const uint32_t known = learner_class_of(l, l->label),
                   kept = learn_alike(&l->batch, (uint8_t)known, l->answers.stray);
    for (uint32_t i = 0; i < l->batch.count; i++) l->left_out = (uint8_t)(l->left_out + !(kept >> i & 1));
    l->wanted = 0;
    if (kept)
        learn(l, known, kept);
    else
        tell(l, l->batch.count ? LEARN_UNLIKE : LEARN_STOPPED, LEARN_NO_CLASS);
    return true;
}

static void take(learner *l) {
    const uint32_t number = l->batch.count;
    int8_t *x = learn_example(&l->batch, number);
    const int8_t *seen = scores_of(l, LEARN_BATCH);
    learn_peak_example(&l->peak, x);
    if (learn_guard_distance(&l->guard, l->network.background, x) < l->answers.stray / 4) {
        tell(l, LEARN_BACKGROUND, LEARN_NO_CLASS);
        return;
    }
    memcpy(scores_of(l, number), seen, l->network.classes);
    l->batch.answer[number] = (uint8_t)learn_strongest(seen, l->network.classes);
    l->shown = ++l->batch.count;
    tell(l, LEARN_EXAMPLE, LEARN_NO_CLASS);
    if (l->shown == l->wanted) learner_stop(l);
}

static int32_t surest(const learner *l, const int8_t *scores) { // of anything that is meant
    int32_t most = INT8_MIN;
    for (uint32_t i = 0; i < l->network.classes; i++)
        if (i != l->network.background && scores[i] > most) most = scores[i];
    return most;
}

void learner_watch(learner *l, uint32_t level) {
    const bool complete = learn_peak_push(&l->peak, level, l->features);
    int8_t *seen = scores_of(l, LEARN_BATCH); // of the window in which the network is surest
    if (l->peak.taken && (l->peak.windows == 1 || surest(l, l->scores) > surest(l, seen)))
        memcpy(seen, l->scores, l->network.classes);
    if (complete) take(l);
}
