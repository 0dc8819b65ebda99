// vad.h: how far speech stands out of the noise around it, from log-mel frames: the level for a gate (decide/gate.h).
// Integers only, no heap.
//
// A frame's mean over some bands is compared with a floor. The floor follows it slowly upwards and faster downwards, so
// that it stays with the background through a word and finds a new background in seconds. The method is that of Rabiner
// and Sambur, "An algorithm for determining the endpoints of isolated utterances", Bell System Technical Journal 54(2),
// 1975: energy above a measured background, a high threshold that opens and a low one that keeps open. Here the mean of
// logarithms replaces the energy, so that a fricative in few bands counts as much as a vowel. Steps of a bounded size
// replace a filter, so that a slamming door moves the floor as little as a whisper.
#ifndef FRONTEND_VAD_H
#define FRONTEND_VAD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct { // levels in 1/256 of a step of the frame's int8
    uint8_t first_band;
    uint8_t bands; // 1 and up
    int16_t quiet; // the floor is never below this level, which no microphone hears
    uint16_t rise; // most that the floor moves up in a frame
    uint16_t fall; // and down
} vad_config;

typedef struct { // fields are private
    const vad_config *config;
    int32_t floor;
    bool started;
} vad;

void vad_init(vad *v, const vad_config *config);
void vad_reset(vad *v);                         // the next frame is the background
uint32_t vad_push(vad *v, const int8_t *frame); // how far it is above the floor, 0 when it is below

#ifdef __cplusplus
}
#endif
#endif
