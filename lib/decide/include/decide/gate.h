// gate.h: lets the costly part of an application sleep. Integers only; no heap.
//
// Push a level at every step: how loud it is, how much a hand moves, or another measure of the application's cheap
// stage. The gate opens when the level reaches `open_at`. It closes `hold` steps after the level was last at `keep_at`
// or above. Two levels give hysteresis; the hold keeps the gate open over the pauses inside a word or a gesture.
#ifndef DECIDE_GATE_H
#define DECIDE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t open_at; // level that opens; 0: always open
    uint32_t keep_at; // level that keeps it open, at most open_at
    uint16_t hold;    // steps that it stays open after the last level of keep_at or more
} gate_config;

typedef struct { // fields are private but for the counters
    const gate_config *config;
    uint16_t left;
    bool open;
    uint32_t steps, steps_open; // the duty cycle is steps_open / steps
    uint32_t openings;
} gate;

void gate_init(gate *g, const gate_config *config);
void gate_reset(gate *g);                // closes; the counters keep counting
bool gate_push(gate *g, uint32_t level); // true: open

#ifdef __cplusplus
}
#endif
#endif
