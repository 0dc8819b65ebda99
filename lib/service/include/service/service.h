// service.h: the side of an application that answers its host: session info, telemetry, thresholds, parity.
//
// The application owns its loop and its data; it hands the service its model, its decision and two functions with
// which a host can put samples through the same front end that the sensor feeds. No heap.
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "decide/decide.h"
#include "nn/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *name;    // "imu"
    const char *unit;    // "g,dps"
    uint8_t channels;
    uint32_t rate_mhz;
} service_stream;

typedef struct {
    const char *app;            // "gesture_recognition"
    const nn_model *model;
    decide_state *decide;
    service_stream sensor;      // what LINK_INJECT takes: int16 samples, interleaved
    void (*reset)(void);        // front end and decision start afresh
    bool (*push)(const int16_t *sample);  // one sample through the front end; true: a window is due
    void (*window)(int8_t *input);        // the window into the model's input
} service_config;

typedef struct {                // one inference, as telemetry and events report it
    uint32_t frontend_cycles;
    uint32_t inference_cycles;
    uint32_t decide_cycles;
    uint32_t sample_us;         // device time of the last sample of the window
} service_timing;

void service_init(const service_config *config);
void service_poll(void);        // reads commands, answers, sends what is due; call it in every loop
bool service_injecting(void);   // true: the host feeds the front end, leave the sensor alone
void service_inference(const service_timing *timing, const int8_t *scores);  // after each inference
void service_event(const decide_event *event, const service_timing *timing);
void service_missed_deadline(void);

#ifdef __cplusplus
}
#endif
#endif
