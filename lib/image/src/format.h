// format.h: the bytes of an image, little-endian. Sections follow the head in the order of its fields.
#ifndef IMAGE_FORMAT_H
#define IMAGE_FORMAT_H

#include "image/image.h"

enum { FORMAT_VERSION = 1 };

typedef struct {
    uint32_t at, count; // bytes from the image's beginning; entries
} section;

typedef struct {
    uint8_t magic[4]; // "TMBI"
    uint16_t version;
    uint8_t pointer; // bytes of a pointer in the structs: an image is made for boards (4) or for this computer (8)
    uint8_t reserved;
    uint32_t size; // bytes of the image
    uint32_t crc;  // CRC-32 of everything behind this field
    uint32_t arena, state, window;
    uint32_t model;   // the nn_model and the nn_stream: a place, 0: none
    uint32_t stream;  //
    section kernels;  // of kernel_entry
    section calls;    // of call_entry, layer after layer
    section first;    // of uint16_t: the first call of each layer, and the number of calls
    section resets;   // of reset_entry
    section settings; // of settings_entry
    section pointers; // of uint32_t: the bytes of `params` at which there are pointers, in rising order
    section params;   // of bytes: what holds pointers; it is copied and its pointers are relocated
    section data;     // of bytes: what stays where it is
} image_head;

typedef struct {
    uint16_t id, version;
} kernel_entry;

typedef struct {
    uint32_t kernel; // index into `kernels`
    uint32_t operand[IMAGE_OPERANDS];
} call_entry;

typedef struct { // `count` elements of `width` bytes start at `value`
    uint32_t place, count, width;
    int32_t value;
} reset_entry;

typedef struct {
    uint16_t id, version;
    uint32_t place;
} settings_entry;

#define HEAD(bytes)          ((const image_head *)(const void *)(bytes))
#define ENTRIES(bytes, part) ((const void *)((const uint8_t *)(bytes) + HEAD(bytes)->part.at))
#define CRC_FROM             16u
#define POINTER_WORD(at)     (UINT32_C(1) << ((at) / sizeof(void *)))

// Bytes of a settings struct and its pointers; false for an id or a version that this firmware does not know.
bool settings_type(uint16_t id, uint16_t version, uint32_t *size, uint32_t *pointers);

#endif
