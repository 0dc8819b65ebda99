#include "decide/decide.h"

#include <stddef.h>
#include <string.h>

int decide_init(decide_state *d, const decide_config *config) {
    if (config->classes < 1 || config->classes > DECIDE_MAX_CLASSES) return DECIDE_ERR_CONFIG;
    if (config->smoothing < 1 || config->smoothing > DECIDE_MAX_SMOOTHING) return DECIDE_ERR_CONFIG;
    memset(d, 0, sizeof *d);
    d->config = config;
    memcpy(d->threshold, config->threshold, config->classes);
    return DECIDE_OK;
}

void decide_reset(decide_state *d) {
    memset(d->history, 0, sizeof d->history);
    memset(d->sum, 0, sizeof d->sum);
    d->next = d->filled = 0;
    d->quiet = 0;
    d->windows = 0;
}

static uint8_t score_of(const decide_state *d, const int8_t *scores, uint8_t class_id) {
    if (scores) return (uint8_t)(scores[class_id] + 128);
    return class_id == d->config->background ? 255 : 0;
}

static void smooth(decide_state *d, const int8_t *scores) {
    uint8_t *oldest = d->history[d->next];
    for (uint8_t i = 0; i < d->config->classes; i++) {
        uint8_t score = score_of(d, scores, i);
        d->sum[i] = (uint16_t)(d->sum[i] + score - oldest[i]);
        oldest[i] = score;
    }
    d->next = (uint8_t)(d->next + 1 == d->config->smoothing ? 0 : d->next + 1);
    if (d->filled < d->config->smoothing) d->filled++;
}

static uint8_t strongest_class(const decide_state *d) {
    uint8_t best = 0;
    for (uint8_t i = 1; i < d->config->classes; i++)
        if (d->sum[i] > d->sum[best]) best = i;
    return best;
}

bool decide_smooth(decide_state *d, const int8_t *scores, decide_event *strongest) {
    uint32_t window = d->windows++;
    smooth(d, scores);
    uint8_t best = strongest_class(d);
    uint8_t mean = (uint8_t)((d->sum[best] + d->config->smoothing / 2) / d->config->smoothing);
    *strongest = (decide_event){.class_id = best, .score = mean, .window = window};
    return d->filled == d->config->smoothing && best != d->config->background;
}

bool decide_fire(decide_state *d, const decide_event *strongest) {
    uint8_t threshold = strongest ? d->threshold[strongest->class_id] : DECIDE_NEVER;
    bool reached = threshold != DECIDE_NEVER && strongest->score >= threshold;
    if (d->quiet) {
        d->quiet--;
        if (reached && strongest->class_id == d->last) d->quiet = d->config->refractory; // what made the event goes on
        return false;
    }
    if (!reached) return false;
    d->last = strongest->class_id;
    d->quiet = d->config->refractory;
    return true;
}

bool decide_push(decide_state *d, const int8_t *scores, decide_event *event) {
    decide_event strongest;
    bool could = decide_smooth(d, scores, &strongest);
    if (!decide_fire(d, could ? &strongest : NULL)) return false;
    *event = strongest;
    return true;
}

bool decide_set_threshold(decide_state *d, uint8_t class_id, uint8_t threshold) {
    if (class_id == DECIDE_NO_CLASS) {
        for (uint8_t i = 0; i < d->config->classes; i++)
            if (d->config->threshold[i] != DECIDE_NEVER) d->threshold[i] = threshold;
        return true;
    }
    if (class_id >= d->config->classes) return false;
    d->threshold[class_id] = threshold;
    return true;
}
