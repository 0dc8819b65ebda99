// changes.h: an image out of the base and what changed in it. The payload is a row of changes: how many bytes are those
// of the base, how many follow, and these. Both numbers are LEB128 in their shortest form. Behind the last change all
// is that of the base. Base and image have the same size.
#ifndef UPDATE_CHANGES_H
#define UPDATE_CHANGES_H

#include "update/slots.h"

typedef struct {
    const uint8_t *base, *payload;
    uint32_t size, payload_size; // of base and image; of the payload
} update_changes;

// The payload is a row of changes that ends where the image does, at the latest.
bool changes_are_right(const update_changes *c);

// Writes the image into erased flash at `to`, an offset in the part. False: the flash does not keep it.
bool changes_write(const update_changes *c, uint32_t to);

#endif
