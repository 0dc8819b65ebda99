// make.h: an image out of another one and what arrived; see update_config. What arrived may be anything: nothing is
// read outside of base and payload, and nothing is written outside of the image.
#ifndef UPDATE_MAKE_H
#define UPDATE_MAKE_H

#include "update/slots.h"

#ifdef __cplusplus
extern "C" {
#endif

// The payload is a row of changes: how many bytes are those of the base, how many follow, and these. Both numbers are
// LEB128 in their shortest form. Behind the last change all is that of the base. Base and image have the same size.
update_result update_make_changes(const update_source *source, uint32_t to);

// The payload is a patch as detools makes it (sequential, heatshrink with a window of 2^8 and lengths of 2^7).
update_result update_make_patch(const update_source *source, uint32_t to);

#ifdef __cplusplus
}
#endif
#endif
