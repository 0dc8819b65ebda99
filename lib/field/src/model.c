// The model in use: the image that the slots name, tried before it is believed, or the compiled-in one.
#include "field/field.h"

#include "core.h"

#if FIELD_UPDATES

#include "board/board.h"
#include "update/make.h"
#include "update/signature.h"

field_state field;

static uint8_t refuse(field_refusal *why, uint32_t reason, uint32_t needs, uint32_t has, uint8_t given_up) {
    *why = (field_refusal){reason, needs, has};
    return given_up;
}

static bool computes(const image *m) {
    return image_stream(m) ? nn_stream_self_test(image_stream(m)) : nn_self_test(image_model(m));
}

// Takes the slots' image into use; 0, or why it is given up.
static uint8_t take(field_refusal *why) {
    uint32_t size;
    image_refusal wrong;
    const uint8_t *bytes = update_image(&field.slots, &size);
    if (!image_open(&field.given, bytes, size, field.room, &wrong))
        return refuse(why, LINK_REFUSAL_IMAGE, wrong.needs, wrong.has, GIVEN_UP_AS_IMAGE);
    if (!computes(&field.given)) return refuse(why, LINK_REFUSAL_SELF_CHECK, 0, 0, GIVEN_UP_BY_SELF_CHECK);
    if (!field.use(&field.given)) return refuse(why, LINK_REFUSAL_SETTINGS, 0, 0, GIVEN_UP_BY_SETTINGS);
    return 0;
}

static void use_the_compiled_one(void) {
    const nn_model *const *model = &field.service->model;
    if (!field.use(NULL) || (*model && !nn_self_test(*model))) field_without_model(field.service);
}

uint8_t field_choose(void) {
    field_refusal why;
    uint8_t first = 0;
    while (!field.broken && update_running(&field.slots) != UPDATE_NO_SLOT) {
        const uint8_t reason = take(&why);
        if (!reason) return first;
        if (!first) first = reason;
        if (field.sent != &field.slots && field_on_trial()) break; // the model is not what is wrong
        if (update_fall_back(&field.slots, reason) != UPDATE_OK) break;
    }
    use_the_compiled_one();
    return first;
}

bool field_try(field_refusal *why) {
    const uint8_t reason = take(why);
    if (reason) {
        field_end_trial(reason);
        return false;
    }
    field_begin_trial();
    service_renew();
    return true;
}

// A trial that this start interrupted is over, and the watchdog may have been why.
static void open_slots(void) {
    const bool watchdog = board_reset_reason() == BOARD_RESET_WATCHDOG;
    update_config how = {.arrival = &field.arrival, .digest = update_digest, .make = update_make_changes};
    how.size = field_models_room();
    how.restarted = watchdog ? GIVEN_UP_BY_WATCHDOG : UPDATE_BY_RESTART;
    (void)update_open(&field.slots, &how); // what the flash does not keep, the next start finds again
    field.broken = !field.slots.slot_size;
    field.sent = &field.slots;
    field_open_firmware(how.restarted);
}

static const service_updates updates = {field_run, field_describe, field_image, field_count_window, field_poll};

void field_start(service_config *service, const image_firmware *room, bool (*use)(const field_model *given)) {
    field.service = service;
    field.room = room;
    field.use = use;
    service->updates = &updates;
    open_slots();
    const uint8_t reason = field_choose();
    if (field_on_trial() && reason) field_end_trial(reason);
}

#endif
