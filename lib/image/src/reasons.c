#include "image/reasons.h"

#define TEXT(name, text) text,
static const char *const texts[] = {"", IMAGE_REASONS(TEXT)};

const char *image_reason_text(image_reason reason) {
    return texts[reason];
}
