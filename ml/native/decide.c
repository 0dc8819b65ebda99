// A whole series of scores through the decision in one call from Python (ml/native/decide.py).
#include "decide/decide.h"

#include <stddef.h>
#include <string.h>

// scores int8 [windows][classes], awake [windows] or NULL (all) -> events (there is room for `windows` of
// them) and their count. Scores of a window in which the network slept are not read.
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

typedef struct {        // something that happens in a stream, in samples; sorted by `start`
    int64_t start, end; // one past the last sample of whatever may still be detected
    int32_t class_id;
} decide_truth;

typedef struct { // how far a stream's detections have been matched
    const decide_truth *truth;
    size_t count, first; // all before `first` are over or hit
    bool *hit;
} matching;

// The earliest one of that class that has begun, is not over and was not hit yet; -1 where there is none. Detections
// come in the order of time.
static int32_t match(matching *m, int32_t class_id, int64_t sample) {
    while (m->first < m->count && (m->hit[m->first] || m->truth[m->first].end <= sample)) m->first++;
    for (size_t i = m->first; i < m->count && m->truth[i].start < sample; i++) {
        if (m->hit[i] || m->truth[i].class_id != class_id || m->truth[i].end <= sample) continue;
        m->hit[i] = true;
        return (int32_t)i;
    }
    return -1;
}

// Which one each of `found` detections hits, or -1. `hit` is room for `count` flags, all false.
void decide_match(const decide_truth *truth, size_t count, bool *hit, const int32_t *class_id, const int64_t *sample,
                  size_t found, int32_t *index) {
    matching m = {truth, count, 0, hit};
    for (size_t i = 0; i < found; i++) index[i] = match(&m, class_id[i], sample[i]);
}

typedef struct {
    uint32_t hits, others;
} decide_count;

static decide_count count_one(const decide_config *config, uint8_t threshold, const decide_event *strongest,
                              size_t windows, const int64_t *sample, matching m) {
    decide_count made = {0, 0};
    decide_state d;
    decide_init(&d, config);
    decide_set_threshold(&d, DECIDE_NO_CLASS, threshold);
    for (size_t i = 0; i < windows; i++) {
        const decide_event *one = strongest[i].class_id == DECIDE_NO_CLASS ? NULL : &strongest[i];
        if (!decide_fire(&d, one)) continue;
        bool hit = match(&m, one->class_id, sample[i]) >= 0;
        made.hits += hit;
        made.others += !hit;
    }
    return made;
}

// The same scores with each of `refractories` times `thresholds` settings: hits and other events of each, in that
// order. Smoothing is done once. `strongest` is room for `windows` events, `hit` for `count` flags.
void decide_sweep(const decide_config *config, const int8_t *scores, const bool *awake, const int64_t *sample,
                  size_t windows, const decide_truth *truth, size_t count, const uint16_t *refractory,
                  size_t refractories, const uint8_t *threshold, size_t thresholds, decide_event *strongest, bool *hit,
                  decide_count *made) {
    decide_state d;
    decide_init(&d, config);
    for (size_t i = 0; i < windows; i++) {
        const int8_t *seen = !awake || awake[i] ? scores + i * config->classes : NULL;
        if (!decide_smooth(&d, seen, &strongest[i])) strongest[i].class_id = DECIDE_NO_CLASS;
    }
    for (size_t r = 0; r < refractories; r++)
        for (size_t t = 0; t < thresholds; t++) {
            decide_config one = *config;
            one.refractory = refractory[r];
            memset(hit, 0, count * sizeof *hit);
            *made++ = count_one(&one, threshold[t], strongest, windows, sample, (matching){truth, count, 0, hit});
        }
}
