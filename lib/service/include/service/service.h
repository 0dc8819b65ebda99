// service.h: the side of an application that answers its host: session info, telemetry, thresholds, streams, parity.
//
// The application owns its loop and its data. In every turn of the loop it calls service_poll, takes its next sample
// from the host where service_injecting says so and from the sensor otherwise, and reports what it made of it. Nothing
// here waits for the host: what does not fit into the queue is dropped as whole frames and counted. No heap; one
// service a program.
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "decide/decide.h"
#include "nn/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SERVICE_QUEUE
#define SERVICE_QUEUE 2048 // bytes on their way to the host, 2 * LINK_MAX_ENCODED and up; costs as many bytes of RAM
#endif
#ifndef SERVICE_MAX_CHANNELS
#define SERVICE_MAX_CHANNELS 8 // of the sensor, 1..64; costs 20 bytes each
#endif
#ifndef SERVICE_BUILD
#define SERVICE_BUILD "" // names this build of the firmware to the host, so that a test knows what it talks to
#endif

typedef struct { // channels that share a unit
    const char *const *name;
    uint8_t count;
    const char *unit;
    uint16_t per_unit; // counts in one unit
} service_channels;

typedef struct { // int16 samples, channels interleaved
    const char *name;
    uint32_t rate_mhz; // 0: no fixed rate
    const service_channels *group;
    uint8_t groups;
} service_stream;

typedef struct {
    const char *app;          // "gesture_recognition"
    const nn_model *model;    // NULL where there is none: commands that need it answer LINK_UNSUPPORTED
    decide_state *decide;     // NULL where there is none
    service_stream sensor;    // what the front end takes, and so what the host may inject
    uint32_t window_rate_mhz; // windows per 1000 seconds; a later one is a missed deadline. 0: no deadline
    uint32_t *saturated;      // the front end's counters, `saturations` of them
    uint8_t saturations;
    void (*reset)(uint32_t rate_mhz); // front end and decision start afresh, with samples at this rate
    void (*window)(int8_t *input);    // the front end's latest window, again, into the model's input
} service_config;

typedef struct { // one inference, as telemetry and events report it
    uint32_t frontend_cycles;
    uint32_t inference_cycles;
    uint32_t decide_cycles;
    uint32_t sample_us; // device time of the last sample of the window
} service_timing;

service_stream service_imu(uint32_t rate_mhz); // the six axes of board_imu_read

void service_init(const service_config *config); // `config` stays alive
void service_poll(void);                         // first in every turn of the loop: commands, answers, what is due

bool service_injecting(void);           // true: samples come from the host, leave the sensor alone
bool service_injected(int16_t *sample); // true: *sample is the next one, a value per channel
void service_sample(const int16_t *sample, uint32_t time_us); // each sample, for a host that listens

void service_inference(const service_timing *timing, const int8_t *scores); // after each inference
void service_event(const decide_event *event, const service_timing *timing);

#ifdef __cplusplus
}
#endif
#endif
