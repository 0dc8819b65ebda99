// pocket.h: the device's end of the link on a chip of 2 KB of RAM, for an application that classifies windows of motion
// by a classical model. lib/service does the same, and much more, where there is room.
//
// It answers PING, GET_INFO, START, STOP, GET_ and SET_THRESHOLD, GET_ and RESET_STATS, INJECT_BEGIN, INJECT and
// INJECT_END, RUN_FRONTEND, RUN_LAYER, READ_TENSOR, SELF_TEST and RESET_BOARD; to others LINK_UNKNOWN. The features are
// the model's input, its scores (int32, low byte first) the one layer. INFO, telemetry and answers are encoded while
// they are sent, so they may be longer than LINK_MAX_PAYLOAD, which bounds what the host sends. While it sends, it
// waits for the line: 40 ms for an INFO at 115200 baud. No heap; one per program. Texts may be in flash:
// CLASSICAL_TABLE.
#ifndef POCKET_POCKET_H
#define POCKET_POCKET_H

#include "board/board.h"
#include "classical/tables.h"
#include "decide/decide.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef POCKET_WATCHDOG_MS
#define POCKET_WATCHDOG_MS 8000 // without pocket_poll, after which the board resets itself
#endif

typedef struct {
    const char *app;                           // also the model's name
    const char *hash;                          // of the model
    const uint8_t *(*label)(uint8_t class_id); // in CLASSICAL_TABLE
    uint8_t classes, inputs;
    uint32_t check;    // CRC-32 of the scores for classical_fixed_row
    uint32_t rate_mhz; // of the samples, where the host asks for no other
    uint32_t window_rate_mhz;
    int8_t *features;                 // [inputs], of the latest window
    int32_t *scores;                  // [classes], of the latest answer
    decide_state *decide;             // thresholds
    void (*reset)(uint32_t rate_mhz); // front end and decision start afresh, with samples at this rate
    bool (*sample)(const int16_t axis[BOARD_IMU_AXES]); // takes one; true: it completed a window, which was judged
    void (*window)(void);                               // the features of the latest window, again
    uint8_t (*classify)(void);                          // from features to scores; returns the class
} pocket_config;

typedef struct { // cycles of a window
    uint32_t frontend, inference, decide;
} pocket_timing;

void pocket_init(const pocket_config *config);                     // `config` stays alive
void pocket_poll(void);                                            // in every turn of the loop
bool pocket_injecting(void);                                       // samples come from the host, not from a sensor
void pocket_window(const pocket_timing *timing, uint8_t class_id); // each one
// POCKET_SCRATCH bytes that the application may use between two frames: what it leaves there is gone with the next one.
#define POCKET_SCRATCH 255
void *pocket_scratch(void);
void pocket_event(const decide_event *event, const pocket_timing *timing);

#ifdef __cplusplus
}
#endif
#endif
