// field.h: another model for a board in the field, without other firmware; with -D FIELD_FIRMWARE=1 other firmware,
// too. Only what the key's owner signed becomes active, and whatever happens meanwhile, a start finds a model that
// passes its self-check. docs/update.md has the whole.
//
// The application says what an image may need, and how it takes one into use:
//
//     static bool use(const field_model *given) { // NULL: the compiled-in model
//         const imu_config *motion = FIELD_SETTINGS(given, imu_config, &gesture_recognition_frontend);
//         model = FIELD_MODEL(given, &gesture_recognition_model);
//         ...                                      // false: the settings do not suit this firmware
//     }
//     void setup() {
//         ...
//         FIELD_START(&service, room, use);        // room: an image_firmware, whose kernels it may call
//         service_init(&service);
//     }
//
// Without -D FIELD_UPDATES=1 the same source uses the compiled-in model, and nothing of this is linked.
//
// `use` is called between two windows. It must not change anything before it knows that all suits. It takes the model,
// the decision and so on into `service`, too. No heap; one caller at a time.
#ifndef FIELD_FIELD_H
#define FIELD_FIELD_H

#ifndef FIELD_UPDATES
#define FIELD_UPDATES 0 // 1: the host may give models; then -D LINK_MAX_PAYLOAD=896, for session info is longer
#endif

#ifndef FIELD_FIRMWARE
#define FIELD_FIRMWARE 0 // 1: the host may give firmware as well; the board has a boot stage, board/firmware.h
#endif

#include "service/service.h"

static inline void field_without_model(service_config *service) { // no answer would be right
    service->model = NULL;
    service->sensors = 0;
    service->fault = "no model: front end or decision is built too small for it, or its engine did not start";
}

#if FIELD_UPDATES

#include "image/image.h"
#include "image/kernels.h"
#include "image/settings.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef image field_model;

#define FIELD_MODEL(given, compiled)  ((given) ? image_model(given) : (compiled))
#define FIELD_STREAM(given, compiled) ((given) ? image_stream(given) : (compiled)) // NULL: it is none
// NULL: the image has no such settings.
#define FIELD_SETTINGS(given, type, compiled)                                                                          \
    ((given) ? (const type *)image_settings(given, IMAGE_##type) : (const type *)(compiled))
#define FIELD_START(service, room, use) field_start(service, &(room), use)

// Opens the confirmed image, else the one before, else the compiled-in model, and answers LINK_UPDATE_... from now on.
// `service` has its `app`. Everything stays alive. Before service_init.
void field_start(service_config *service, const image_firmware *room, bool (*use)(const field_model *given));

#ifdef __cplusplus
}
#endif

#else

typedef struct field_model field_model;

#define FIELD_MODEL(given, compiled)          ((void)(given), (compiled))
#define FIELD_STREAM(given, compiled)         (compiled)
#define FIELD_SETTINGS(given, type, compiled) ((const type *)(compiled))
#define FIELD_START(service, room, use)                                                                                \
    do {                                                                                                               \
        if (!use(NULL)) field_without_model(service);                                                                  \
    } while (0)

#endif
#endif
