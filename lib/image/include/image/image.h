// image.h: a compiled model as data, so that a board gets another model without other firmware. No heap.
//
// `python -m ml pack` makes an image from a compiled header: its constants, a table of calls and what the application
// sets. image_open checks it, copies what holds pointers into memory of the firmware, relocates that, and shows the
// rest where it lies, in flash. So an image may lie at any address, and it stays there byte for byte as it was signed.
// docs/update.md has the format and says what is checked.
//
//   static const image_firmware firmware = {IMAGE_ROWS(kernels), ...}; // see image_firmware
//   static image model;
//   image_refusal why;
//   if (image_open(&model, bytes, size, &firmware, &why)) nn_run(image_model(&model));
//
// One image runs at a time: the last that was opened, for the steps of an nn_model know no other.
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "image/reasons.h"
#include "nn/stream.h"

#include <stdbool.h>
#include <stdint.h>

#ifndef IMAGE_MAX_KERNELS
#define IMAGE_MAX_KERNELS 24 // different ones that an image may call; 4 bytes each in `image`
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define IMAGE_ALIGNED __attribute__((aligned(8))) // of an image, and of the memory that a firmware gives it

// Where the 29 low bits of a place point into. The image's own pointers and operands are such places.
enum { IMAGE_NUMBER, IMAGE_DATA, IMAGE_PARAMS, IMAGE_ARENA, IMAGE_STATE, IMAGE_SYMBOL, IMAGE_REGIONS };
#define IMAGE_REGION(place) ((place) >> 29)
#define IMAGE_OFFSET(place) ((place) & 0x1FFFFFFFu)
enum { IMAGE_OPERANDS = 6 }; // of a call

typedef struct { // see kernels.h
    uint16_t id, version;
    const char *operands;
    uint32_t params;   // bytes
    uint32_t pointers; // a bit for each word of the parameters that is a pointer
    void (*run)(const uint32_t *operand, uint8_t *const *base);
} image_kernel;

typedef struct { // what settings may point to and only firmware has, such as &fft_512
    uint16_t id; // IMAGE_FFT_64, ...
    const void *address;
} image_symbol;
enum { IMAGE_FFT_64 = 1, IMAGE_FFT_128, IMAGE_FFT_256, IMAGE_FFT_512, IMAGE_FFT_1024, IMAGE_FFT_2048 };

// What a firmware has for images. An image that needs more is refused. Arena and state may be those of the compiled-in
// model, which starts afresh when it runs again.
//
//   static const image_firmware firmware = {IMAGE_ROWS(kernels), IMAGE_NONE, IMAGE_GUARDED(example_arena),
//                                           IMAGE_MEMORY(example_state), IMAGE_MEMORY(params), 240};
typedef struct {
    const image_kernel *const *kernel; // IMAGE_ROWS
    uint16_t kernels;
    const image_symbol *symbol; // IMAGE_ROWS, or IMAGE_NONE
    uint16_t symbols;
    uint8_t *arena; // IMAGE_GUARDED: with NN_GUARD bytes behind it
    uint32_t arena_size;
    uint8_t *state; // IMAGE_MEMORY: of recurrent and streaming models; IMAGE_NONE
    uint32_t state_size;
    uint8_t *params; // IMAGE_MEMORY: what an image relocates, IMAGE_ALIGNED
    uint32_t params_size;
    uint32_t window; // bytes of the largest input
} image_firmware;
#define IMAGE_ROWS(array)    (array), sizeof(array) / sizeof *(array)
#define IMAGE_GUARDED(array) (uint8_t *)(array), sizeof(array) - NN_GUARD
#define IMAGE_MEMORY(object) (uint8_t *)&(object), sizeof(object)
#define IMAGE_NONE           NULL, 0

typedef struct { // fields are private
    const uint8_t *bytes;
    const image_firmware *firmware;
    const image_kernel *kernel[IMAGE_MAX_KERNELS];
    uint8_t *base[IMAGE_REGIONS];
} image;

typedef struct {
    image_reason reason; // image_reason_text has it in words
    uint32_t needs, has; // of what the reason names; both 0 where it names no number
} image_refusal;

// Shows the image at `bytes`, which lie within `room` bytes and stay there while it is in use. False: it is refused,
// `why` says the reason, and an image that was open stays as it was.
bool image_open(image *m, const void *bytes, uint32_t room, const image_firmware *firmware, image_refusal *why);

// The same checks without opening it.
bool image_check(const void *bytes, uint32_t room, const image_firmware *firmware, image_refusal *why);

// Bytes of the image that begins there, 0 if none does.
uint32_t image_size(const void *bytes, uint32_t room);

const nn_model *image_model(const image *m);
const nn_stream *image_stream(const image *m); // NULL if the model takes whole windows

// Settings of the front end, the gate or the decision, by their type: see settings.h. NULL if the image has none.
const void *image_settings(const image *m, uint16_t id);

#ifdef __cplusplus
}
#endif
#endif
