#include "writer.h"

#include <string.h>

void writer_start(writer *w, uint32_t to) {
    memset(w, 0, sizeof *w);
    w->to = to;
}

static void flush(writer *w) {
    const uint32_t unit = board_flash().unit, size = (w->filled + unit - 1) / unit * unit;
    memset(w->piece + w->filled, 0xFF, sizeof w->piece - w->filled); // behind the end of the image
    w->failed = w->failed || board_flash_program(w->to, w->piece, size) != BOARD_OK;
    w->to += size;
    w->filled = 0;
}

void writer_put(writer *w, uint8_t byte) {
    w->piece[w->filled++] = byte;
    if (w->filled == sizeof w->piece) flush(w);
}

bool writer_end(writer *w) {
    if (w->filled) flush(w);
    return !w->failed;
}
