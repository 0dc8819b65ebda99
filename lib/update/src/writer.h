// writer.h: an image goes into the flash, byte after byte.
#ifndef UPDATE_WRITER_H
#define UPDATE_WRITER_H

#include "update/slots.h"

typedef struct {
    uint32_t to, filled; // offset in the part of the piece that fills; its bytes
    bool failed;         // the flash does not keep it
    uint8_t piece[UPDATE_MAX_BLOCK];
} writer;

void writer_start(writer *w, uint32_t to);
void writer_put(writer *w, uint8_t byte);
bool writer_end(writer *w); // false: the flash does not keep it

#endif
