// From the motion of a hand to the name of its gesture: sensor, front end, gate, model, decision, report to the host.
#include "board/board.h"
#include "decide/decide.h"
#include "decide/gate.h"
#include "frontend/imu.h"
#include "gesture_recognition_model.h"
#include "service/service.h"

static const nn_model *const model = &gesture_recognition_model;
static int16_t history[GESTURE_RECOGNITION_WINDOW][IMU_AXES];
static imu_frontend frontend;
static gate activity;
static decide_state decision;
static service_config service;

static_assert(sizeof gesture_recognition_threshold <= DECIDE_MAX_CLASSES,
              "the model has more classes: build with a larger -D DECIDE_MAX_CLASSES");

static void start_afresh(uint32_t sensor_rate_mhz) {
    imu_reset(&frontend, sensor_rate_mhz);
    gate_reset(&activity);
    decide_reset(&decision);
}

static void latest_window(int8_t *input) {
    imu_window(&frontend, input);
}

static void serve(uint32_t wanted, uint32_t rate) {
    imu_init(&frontend, &gesture_recognition_frontend, rate, history);
    gate_init(&activity, &gesture_recognition_gate);
    service.model = model;
    service.decide = &decision;
    service.activity = &activity;
    service.sensor[0] = service_imu(rate);
    service.sensors = 1;
    service.window_rate_mhz = wanted / gesture_recognition_frontend.hop;
    service.saturated = frontend.saturated;
    service.saturations = IMU_AXES;
    service.reset = start_afresh;
    service.window = latest_window;
    service.health = &health_imu_either;
}

void setup() {
    const uint32_t wanted = gesture_recognition_frontend.rate_mhz;
    const int32_t started = board_imu_start(wanted);
    const uint32_t rate = started > 0 ? (uint32_t)started : wanted; // without a sensor the host can still inject
    service.app = "gesture_recognition";
    service.fault = service_sensor_fault(started, wanted, UINT32_MAX);
    if (decide_init(&decision, &gesture_recognition_decide) == DECIDE_OK)
        serve(wanted, rate);
    else
        service.fault = "the decision is built too small for the model";
    service_init(&service);
}

void loop() {
    board_imu_sample sample;
    service_poll();
    if (!service.sensors || !service_read_imu(&sample, 1)) {
        service_sleep();
        return;
    }
    if (!imu_push(&frontend, sample.axis)) return;

    service_timing timing;
    decide_event event;
    timing.sample_us = sample.time_us;
    uint32_t start = board_cycles();
    const bool moves = gate_push(&activity, imu_level(&frontend));
    const bool held = imu_held(&frontend); // otherwise any answer would be a guess
    const bool awake = moves && held;
    service_held(held);
    if (awake) imu_window(&frontend, model->input);
    board_mark(awake);
    timing.frontend_cycles = board_lap(&start);
    if (awake) nn_run(model);
    timing.inference_cycles = board_lap(&start);
    board_mark(false);
    const bool detected = decide_push(&decision, awake ? model->output : NULL, &event);
    timing.decide_cycles = board_lap(&start);

    service_window(&timing, awake ? model->output : NULL);
    if (detected) service_event(&event, &timing);
}
