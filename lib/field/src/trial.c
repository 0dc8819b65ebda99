// A trial, of a model or of a firmware: windows that are computed in time.
#include "core.h"

#if FIELD_UPDATES

#include "board/board.h"

bool field_on_trial(void) {
    return field.sent->state.phase == UPDATE_TRIAL;
}

void field_begin_trial(void) {
    field.windows = (uint16_t)field.sent->state.trial;
    field.tried_us = board_micros();
    field.settled = field.late = false;
}

// The boot stage takes a firmware back.
void field_end_trial(uint8_t reason) {
    update_give_up(field.sent, reason);
    if (field.sent != &field.slots) {
        service_end_with(board_reset);
        return;
    }
    field_choose();
    service_renew();
}

// The update was done in one turn of the loop, and samples have waited for it: windows of those are late, and are no
// proof of anything.
void field_count_window(uint32_t sample_us, bool late) {
    enum { SETTLES_US = 1000000 };
    if (!field_on_trial()) return;
    if (!field.settled) field.settled = sample_us - field.tried_us - SETTLES_US <= INT32_MAX;
    if (!field.settled) return;
    field.late = field.late || late;
    if (field.windows) field.windows--;
}

void field_poll(void) {
    if (field.late && field_on_trial()) field_end_trial(GIVEN_UP_AS_LATE);
    field.late = false;
}

#endif
