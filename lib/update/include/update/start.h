// start.h: which firmware a boot stage starts.
#ifndef UPDATE_START_H
#define UPDATE_START_H

#include "update/slots.h"

#ifdef __cplusplus
extern "C" {
#endif

// Opens the slots of firmware after a reset: a trial that the reset interrupted is over, one that was asked for begins.
// Returns the newest image from the field that is whole and `is_right`; NULL: start the firmware that was flashed,
// whose id is config->owner. Images that were given to another one are forgotten.
const uint8_t *update_start(update *u, const update_config *config, uint32_t *size,
                            bool (*is_right)(const uint8_t *image, uint32_t size));

#ifdef __cplusplus
}
#endif
#endif
