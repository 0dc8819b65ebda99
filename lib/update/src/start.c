#include "update/start.h"

enum { IS_NO_FIRMWARE = 19 }; // LINK_GIVEN_UP_IMAGE

const uint8_t *update_start(update *u, const update_config *config, uint32_t *size,
                            bool (*is_right)(const uint8_t *image, uint32_t size)) {
    if (update_open(u, config) != UPDATE_OK || !u->state.sequence) return NULL;
    if (u->state.owner != config->owner) update_forget(u, config->owner);
    if (u->state.phase == UPDATE_VERIFIED) update_try(u);
    for (;;) {
        const uint8_t *image = update_image(u, size);
        if (!image || (update_is_whole(u) && is_right(image, *size))) return image;
        const bool tried = u->state.phase == UPDATE_TRIAL;
        const update_result left = tried ? update_give_up(u, IS_NO_FIRMWARE) : update_fall_back(u, IS_NO_FIRMWARE);
        if (left != UPDATE_OK) return NULL; // flash that is worn: what was flashed runs
    }
}
