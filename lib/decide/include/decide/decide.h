// decide.h: from a stream of scores to events: smoothing, threshold, refractory time. Integers only; no heap.
//
// Scores are the int8 output of a softmax (scale 1/256, zero point -128); inside they count 0..255. After each window
// the class with the highest mean over the last `smoothing` windows (the first of equals) makes an event if that mean
// reaches its threshold. There is no event for the background class, for a class with the threshold DECIDE_NEVER,
// before `smoothing` windows were seen, and during the refractory time. The refractory time starts anew in every window
// in which the event's class would make another event. So a movement that goes on is one event, however long it lasts.
//
// While a gate lets the network sleep, push the window with scores NULL. It counts as certain background, so that
// windows and refractory time go on at the same pace.
#ifndef DECIDE_DECIDE_H
#define DECIDE_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef DECIDE_MAX_CLASSES
#define DECIDE_MAX_CLASSES 32 // 2..64
#endif
#ifndef DECIDE_MAX_SMOOTHING
#define DECIDE_MAX_SMOOTHING 8 // 1..16; with the classes it sets the RAM: classes * smoothing bytes
#endif
#define DECIDE_NO_CLASS 0xFF
enum { DECIDE_OK = 0, DECIDE_ERR_CONFIG = -1 };
#define DECIDE_NEVER 255 // threshold of a class that makes no event, as silence beside unknown words

typedef struct {
    uint8_t classes;          // 1..DECIDE_MAX_CLASSES
    uint8_t background;       // the class that never makes an event, or DECIDE_NO_CLASS
    uint8_t smoothing;        // windows averaged, 1..DECIDE_MAX_SMOOTHING
    uint16_t refractory;      // windows in which none follows after an event, counted from the last that reached it
    const uint8_t *threshold; // per class, 0..254: the mean score that makes an event; or DECIDE_NEVER
} decide_config;

typedef struct {
    uint8_t class_id;
    uint8_t score;   // smoothed, 0..255
    uint32_t window; // index of the window that made it, counted from decide_init or decide_reset
} decide_event;

typedef struct { // fields are private
    const decide_config *config;
    uint8_t threshold[DECIDE_MAX_CLASSES];
    uint8_t history[DECIDE_MAX_SMOOTHING][DECIDE_MAX_CLASSES];
    uint16_t sum[DECIDE_MAX_CLASSES];
    uint8_t next, filled;
    uint8_t last;   // class of the last event
    uint16_t quiet; // windows left of the refractory time
    uint32_t windows;
} decide_state;

int decide_init(decide_state *d, const decide_config *config); // DECIDE_OK or DECIDE_ERR_CONFIG: more than fits
void decide_reset(decide_state *d);                            // keeps thresholds
bool decide_push(decide_state *d, const int8_t *scores, decide_event *event); // true: *event is filled

// The two halves of decide_push, for code that tries many thresholds on the same scores. The first gives the class with
// the highest mean, true if it could make an event. The second says whether it does; pass NULL if none could.
bool decide_smooth(decide_state *d, const int8_t *scores, decide_event *strongest);
bool decide_fire(decide_state *d, const decide_event *strongest);

// DECIDE_NO_CLASS sets all but those that never make an event.
bool decide_set_threshold(decide_state *d, uint8_t class_id, uint8_t threshold);

#ifdef __cplusplus
}
#endif
#endif
