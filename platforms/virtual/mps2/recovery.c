// recovery.c: the watchdog, and a note that outlives a reset and tells what led to it: the MPS2 has no register that
// does. Memory is zero when the emulator starts.
#include "mps2.h"

#define NOTE                 0x52455300u // and the cause
#define TICKS_PER_MS         25000u
#define MOST_MS              171000u
#define TICKS_TO_TELL_FAULTS 25000000u // a second before the NMI, another one before the reset

__attribute__((section(".noinit"))) static uint32_t note;

static struct {
    uint32_t ticks; // of a time-out, two of which reset the board; 0: not started
    uint32_t held;  // ticks that were left when it was held
} watchdog;

void nmi_handler(void);

void mps2_note_reset(mps2_reset cause) {
    note = NOTE | (uint32_t)cause;
}

static bool is_noted(mps2_reset cause) {
    return note == (NOTE | (uint32_t)cause);
}

// A board that was running and noted nothing was reset from outside.
mps2_reset mps2_last_reset(void) {
    mps2_reset cause = MPS2_RESET_POWER;
    if (is_noted(MPS2_RUNNING)) cause = MPS2_RESET_OUTSIDE;
    for (mps2_reset each = MPS2_RESET_SOFTWARE; each <= MPS2_RESET_FAULT; each++)
        if (is_noted(each)) cause = each;
    mps2_note_reset(MPS2_RUNNING);
    return cause;
}

bool mps2_watchdog_start(uint32_t ms) {
    if (ms < 2 || ms / 2 > MOST_MS) return false;
    watchdog.ticks = ms / 2 * TICKS_PER_MS;
    MPS2_WATCHDOG->load = watchdog.ticks;
    MPS2_WATCHDOG->control = WATCHDOG_INTERRUPT | WATCHDOG_RESET;
    return true;
}

void mps2_watchdog_feed(void) {
    if (!watchdog.ticks) return;
    MPS2_WATCHDOG->load = watchdog.ticks;
    MPS2_WATCHDOG->clear = 1;
    if (is_noted(MPS2_RESET_WATCHDOG)) mps2_note_reset(MPS2_RUNNING);
}

void mps2_watchdog_hold(void) {
    if (!watchdog.ticks || watchdog.held) return;
    watchdog.held = MPS2_WATCHDOG->value | 1u;
    MPS2_WATCHDOG->load = UINT32_MAX;
}

void mps2_watchdog_resume(void) {
    if (watchdog.held) MPS2_WATCHDOG->load = watchdog.held;
    watchdog.held = 0;
}

bool mps2_watchdog_takes_over(void) {
    if (!watchdog.ticks) return false;
    MPS2_WATCHDOG->clear = 1;
    MPS2_WATCHDOG->load = TICKS_TO_TELL_FAULTS;
    return true;
}

// The first time-out of the watchdog; the second one resets the board.
void nmi_handler(void) {
    if (is_noted(MPS2_RUNNING)) mps2_note_reset(MPS2_RESET_WATCHDOG);
}
