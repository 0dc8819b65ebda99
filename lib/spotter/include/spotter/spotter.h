// spotter.h: a streaming network on log-mel frames that sleeps while nobody speaks. No heap, no globals.
//
// Each frame goes through the voice-activity gate and into a ring that holds the frames of the network's window. Every
// `hop` frames a window ends. While the gate is closed, the network does nothing. When it opens, the network starts
// afresh on the oldest frame of the ring and catches up by at most `catch_up` steps per window, so that the work of a
// turn is bounded. Until then windows have no scores. From then on the scores are, bit for bit, those of a network that
// never slept. If the network slept for less than the ring holds, it continues where it was. In the first `lull`
// windows after it fell asleep, and while it catches up by no more than that, the scores of a moment ago stand: silence
// that follows a sound at once is no proof that the sound was nothing.
//
//     if (logmel_pop(&frontend, frame) && spotter_hear(&listener, frame) == SPOTTER_WINDOW) {
//         const bool awake = spotter_run(&listener);
//         decide_push(&decision, awake ? network.model->output : NULL, &event);
//     }
//
// The first window ends with frame warm_up * hop, the next ones `hop` frames apart, asleep or not.
#ifndef SPOTTER_SPOTTER_H
#define SPOTTER_SPOTTER_H

#include "decide/gate.h"
#include "frontend/vad.h"
#include "nn/stream.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    SPOTTER_FRAME,  // no more than a frame
    SPOTTER_STEP,   // a step ends with it, but there are not enough of them for a window yet
    SPOTTER_WINDOW, // a window ends with it: call spotter_run
} spotter_news;

typedef struct {
    const vad_config *voice;
    const gate_config *gate; // a step a frame
    uint8_t bands;           // int8 in a frame
    uint8_t hop;             // frames that the network takes in a step
    uint16_t warm_up;        // steps until its window is full
    uint8_t catch_up;        // steps in a window at most, 2 and up: it catches up by one less
    uint8_t lull;            // windows for which scores stand that are not renewed; 0: none
} spotter_config;

#define SPOTTER_RING(bands, hop, warm_up) ((bands) * (hop) * (warm_up)) // bytes

typedef struct { // fields are private but for the gate's counters and `loud`
    const spotter_config *config;
    const nn_stream *network;
    int8_t *ring;
    vad voice;
    gate listening;    // `gate gate` would give the type's name a second meaning, which C++ does not allow
    uint16_t next;     // step in the ring to be written
    uint8_t in_step;   // frames of it
    uint16_t heard;    // steps since the start, at most warm_up
    uint16_t behind;   // steps that the network has not taken, at most warm_up + 1: too many to go on
    uint16_t taken;    // steps since it started afresh, at most warm_up: then its output holds scores
    uint32_t loud;     // how far the latest frame stood out, as the gate takes it
    uint32_t restarts; // how often it started afresh
} spotter;

// `ring`: SPOTTER_RING bytes, kept alive. `network` NULL: what a network would do, without one.
void spotter_init(spotter *s, const spotter_config *config, const nn_stream *network, int8_t *ring);
void spotter_reset(spotter *s); // as after spotter_init; counters keep counting
spotter_news spotter_hear(spotter *s, const int8_t *frame);
bool spotter_run(spotter *s); // true: network->model->output are the window's scores, or those that still stand

// All rows of the window, SPOTTER_RING bytes, the oldest first; after SPOTTER_WINDOW.
void spotter_window(const spotter *s, int8_t *rows);

// To inspect a window layer by layer: the network starts afresh and takes all steps of the ring except the last one,
// whose rows go to `rows`, asleep or not. The next spotter_run starts afresh.
void spotter_last_step(spotter *s, int8_t *rows);

#ifdef __cplusplus
}
#endif
#endif
