// cbor.h: writes CBOR (RFC 8949) into a buffer, only the parts that session info and telemetry need. No heap.
//
// Values that do not fit are left out; check `full` once, at the end. Maps and arrays announce their count.
#ifndef LINK_CBOR_H
#define LINK_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint8_t *out; // caller's buffer of `room` bytes
    size_t room;
    size_t size; // written so far
    bool full;   // something did not fit: what was written is not valid CBOR
} link_cbor;

void cbor_map(link_cbor *c, uint32_t pairs);
void cbor_array(link_cbor *c, uint32_t items);
void cbor_uint(link_cbor *c, uint64_t value);
void cbor_text(link_cbor *c, const char *text); // UTF-8

#ifdef __cplusplus
}
#endif
#endif
