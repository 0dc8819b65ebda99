// core.h: the inside of lib/field: its state, the model in use (model.c), and what may be given (offer.c).
#ifndef FIELD_CORE_H
#define FIELD_CORE_H

#include "field/field.h"

#if FIELD_UPDATES

#include "link/messages.h"
#include "update/manifest.h"
#include "update/slots.h"

typedef struct {
    uint32_t reason, needs, has; // LINK_REFUSAL_..., 0: none
} field_refusal;

enum {
    GIVEN_UP_BY_WATCHDOG = UPDATE_OWN_REASONS, // as the link's table has them
    GIVEN_UP_BY_SELF_CHECK,
    GIVEN_UP_AS_LATE,
    GIVEN_UP_AS_IMAGE,
    GIVEN_UP_BY_SETTINGS,
    GIVEN_UP_AS_REVERTED
};

typedef struct {
    service_config *service;
    const image_firmware *room;
    bool (*use)(const field_model *given);
    update slots; // of models
#if FIELD_FIRMWARE
    update firmware;
#endif
    update *sent; // what was announced last, or is on trial
    update_arrival arrival;
    bool broken;                                              // there is no flash for slots
    image given;                                              // in use where slots say so
    uint8_t manifest[UPDATE_MANIFEST_MAX + UPDATE_SIGNATURE]; // as far as it has arrived
    uint16_t filled;
    uint16_t windows;  // of the trial, left
    uint32_t tried_us; // when the trial began
    bool settled;      // samples from before are used up
    bool late;
} field_state;

extern field_state field;

// keys.c: whom this firmware believes.
extern const char *const field_product;
const uint8_t *field_public_key(const uint8_t id[UPDATE_KEY_ID]); // NULL: nobody of that id

// offer.c: judges the manifest that has arrived. False: `why` says what is wrong; nothing was written.
bool field_judge(update_manifest *m, field_refusal *why);

// model.c
uint8_t field_choose(void); // the model that the slots name, else what is left; why that is not the first of them, or 0
bool field_try(field_refusal *why);

// trial.c: of a model or of a firmware.
bool field_on_trial(void);
void field_begin_trial(void);
void field_end_trial(uint8_t reason);
void field_count_window(uint32_t sample_us, bool late);
void field_poll(void);

// firmware.c: updates of the firmware itself. Without FIELD_FIRMWARE there are none.
#if FIELD_FIRMWARE
void field_open_firmware(uint8_t restarted);
update *field_about(uint32_t kind);               // UPDATE_KIND_...; NULL: the firmware takes none of it
uint32_t field_models_room(void);                 // bytes of the flash part; 0: all
bool field_has_program(const update_manifest *m); // the base of a patch
#else
static inline void field_open_firmware(uint8_t restarted) {
    (void)restarted;
}
static inline update *field_about(uint32_t kind) {
    return kind == UPDATE_KIND_FIRMWARE ? NULL : &field.slots;
}
static inline uint32_t field_models_room(void) {
    return 0;
}
static inline bool field_has_program(const update_manifest *m) {
    (void)m;
    return false;
}
#endif

// commands.c
uint8_t field_run(uint8_t command, const uint8_t *args, size_t size, uint8_t *answer, size_t *answered);

// describe.c
void field_describe(link_cbor *c);
uint32_t field_image(void);

#endif
#endif
