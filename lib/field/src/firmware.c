// The firmware itself as something that the host may give: slots of its own, which the boot stage reads. A patch makes
// the new one out of the one that runs.
#include "core.h"

#if FIELD_UPDATES && FIELD_FIRMWARE

#include "board/firmware.h"
#include "update/make.h"
#include "update/signature.h"
#include <string.h>

uint32_t field_models_room(void) {
    return board_firmware().start;
}

void field_open_firmware(uint8_t restarted) {
    const board_firmware_part runs = board_firmware();
    update_config how = {.arrival = &field.arrival, .digest = update_digest, .make = update_make_patch};
    how.base = runs.bytes;
    how.base_size = runs.size;
    how.start = runs.start;
    how.size = runs.room;
    how.owner = runs.id;
    how.restarted = restarted;
    how.goes_on = true; // the boot stage ends it
    (void)update_open(&field.firmware, &how);
    if (field.firmware.state.phase == UPDATE_IDLE) return;
    field.sent = &field.firmware;
    field_begin_trial();
}

update *field_about(uint32_t kind) {
    return kind == UPDATE_KIND_FIRMWARE ? &field.firmware : &field.slots;
}

bool field_has_program(const update_manifest *m) {
    const board_firmware_part runs = board_firmware();
    uint8_t digest[UPDATE_DIGEST];
    update_digest(runs.bytes, runs.size, digest);
    return memcmp(digest, m->value[UPDATE_FIELD_BASE].bytes, UPDATE_BASE_ID) == 0;
}

#endif
