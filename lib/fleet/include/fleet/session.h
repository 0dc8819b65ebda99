// session.h: a board's part in rounds of learning with others, as a host asks for it (LINK_FLEET). One a program; no
// heap.
//
// What a board would give away is copied and clipped when a round begins, and stays so until the next one: a
// contribution that is read twice is the same twice. The board's seed and its last round are in its store. A round that
// is not above the last one is refused, also after a restart, so that no mask is ever used for two contributions.
#ifndef FLEET_SESSION_H
#define FLEET_SESSION_H

#include "fleet/mask.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {  // what a round asks for
    uint8_t kind; // LINK_FLEET_KIND_...
    uint8_t rate; // of updates (update.h), and
    uint16_t epochs;
    int32_t logit_unit;
} fleet_wanted;

typedef struct {
    int32_t *values; // room for a contribution
    uint16_t room;   // of so many values
    // How many values a contribution has now, at most `room`; 0: there is none of this kind. Writes them if `values` is
    // not NULL.
    uint16_t (*give)(const fleet_wanted *wanted, int32_t *values);
    const uint8_t *(*model)(void); // FLEET_MODEL bytes: the beginning of the hash of the model that runs
} fleet_giver;

void fleet_start(const fleet_giver *giver); // it stays alive; before any other

// LINK_FLEET_... and its arguments -> link_status. `answer` has room for FLEET_ANSWER bytes.
uint8_t fleet_run(const uint8_t *args, size_t size, uint8_t *answer, size_t *answered);
enum { FLEET_ANSWER = 16 * FLEET_BLOCK };

#ifdef __cplusplus
}
#endif
#endif
