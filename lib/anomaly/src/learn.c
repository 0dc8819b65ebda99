#include "anomaly/learn.h"

#include "board/board.h"   // board_store_read, board_store_write
#include "link/messages.h" // link_learn, link_status

static const char KEY[] = "baseline";

bool anomaly_restore(anomaly_detector *d) {
    const bool there = board_store_read(KEY, &d->baseline, sizeof d->baseline) == sizeof d->baseline;
    if (there && anomaly_use(d)) return true;
    anomaly_forget(d);
    return false;
}

static uint8_t write(anomaly_detector *d) { // windows are being added to what the host would overwrite
    if (d->wanted) return LINK_NOT_NOW;
    d->written = true;
    return LINK_OK;
}

static uint8_t keep(const anomaly_detector *d) { // what is in use
    if (!d->own || d->written) return LINK_NOT_NOW;
    return board_store_write(KEY, &d->baseline, sizeof d->baseline) == BOARD_OK ? LINK_OK : LINK_UNSUPPORTED;
}

static uint8_t forget(anomaly_detector *d) {
    uint8_t kept; // still: a board without a store has nothing to forget
    anomaly_forget(d);
    (void)board_store_write(KEY, NULL, 0);
    return board_store_read(KEY, &kept, sizeof kept) ? LINK_UNSUPPORTED : LINK_OK;
}

uint8_t anomaly_learn(anomaly_detector *d, uint8_t operation, uint32_t windows) {
    switch (operation) {
    case LINK_LEARN_BEGIN:
        return anomaly_begin(d, windows) ? LINK_OK : LINK_BAD_ARGUMENT;
    case LINK_LEARN_STOP:
        return anomaly_finish(d) ? LINK_OK : LINK_NOT_NOW;
    case LINK_LEARN_WRITE:
        return write(d);
    case LINK_LEARN_USE:
        if (d->wanted) return LINK_NOT_NOW;
        return anomaly_use(d) ? LINK_OK : LINK_BAD_ARGUMENT;
    case LINK_LEARN_KEEP:
        return keep(d);
    case LINK_LEARN_FORGET:
        return forget(d);
    default:
        return LINK_UNKNOWN;
    }
}
