// reasons.h: why an image is refused. Firmware keeps the number; who shows it to people asks image_reason_text.
#ifndef IMAGE_REASONS_H
#define IMAGE_REASONS_H

// A row: X(name, what people read)
// clang-format off
#define IMAGE_REASONS(X)                                                                                                \
    X(UNALIGNED, "the image does not lie at a multiple of 8")                                                          \
    X(NONE, "there is no image")                                                                                       \
    X(FORMAT, "the image has another format")                                                                          \
    X(POINTER, "the image is for another kind of processor: bytes of a pointer")                                       \
    X(SHORT, "the image is shorter than its head")                                                                     \
    X(LONG, "the image is longer than its slot")                                                                       \
    X(CHECKSUM, "the image's checksum is wrong")                                                                       \
    X(SECTION, "a section lies outside the image")                                                                     \
    X(ARENA, "the arena is too small: bytes")                                                                          \
    X(STATE, "the state is too large: bytes")                                                                          \
    X(PARAMS, "the parameters are too large: bytes")                                                                   \
    X(WINDOW, "the window is too large: bytes")                                                                        \
    X(KERNELS, "the model calls too many different kernels")                                                           \
    X(KERNEL, "the firmware lacks a kernel: number")                                                                   \
    X(KERNEL_VERSION, "the firmware has another version of a kernel")                                                  \
    X(TRANSFORM, "the firmware lacks a transform: number")                                                             \
    X(POINTER_PLACE, "a pointer lies outside the parameters")                                                          \
    X(POINTER_TARGET, "a pointer leads out of the image")                                                              \
    X(STRUCT, "parameters lie outside the image")                                                                      \
    X(STRUCT_PLACE, "parameters with pointers are not where those are relocated")                                      \
    X(UNLISTED, "a pointer of the parameters is not listed")                                                           \
    X(NAME, "a name lies outside the image")                                                                           \
    X(NAME_END, "a name has no end")                                                                                   \
    X(TENSOR, "a tensor lies outside the arena")                                                                       \
    X(LAYERS, "the layers lie outside the image")                                                                      \
    X(LABELS, "the labels lie outside the image")                                                                      \
    X(MODEL, "there is no model in the image")                                                                         \
    X(SIZES, "the model's sizes are not those of the head")                                                            \
    X(FIRST, "the calls are not those of the layers")                                                                  \
    X(STREAM, "the stream lies outside the image")                                                                     \
    X(STREAM_MODEL, "the stream is not the model's")                                                                   \
    X(OPERAND, "an operand lies outside the image")                                                                    \
    X(CALL_MISSED, "the layers miss a call")                                                                           \
    X(CALL_ORDER, "the layers' calls are out of order")                                                                \
    X(CALL_KERNEL, "a call has no kernel")                                                                             \
    X(RESET, "a state lies outside the image")                                                                         \
    X(SETTINGS_TARGET, "settings point to what is none")                                                               \
    X(SETTINGS, "the firmware does not know these settings: number")
// clang-format on

#ifdef __cplusplus
extern "C" {
#endif

#define IMAGE_REASON(name, text) IMAGE_WRONG_##name,
typedef enum { IMAGE_RIGHT, IMAGE_REASONS(IMAGE_REASON) } image_reason;
#undef IMAGE_REASON

const char *image_reason_text(image_reason reason); // "" for IMAGE_RIGHT

#ifdef __cplusplus
}
#endif
#endif
