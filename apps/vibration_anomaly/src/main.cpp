// Detects that a machine no longer vibrates as usual: sensor, front end, detector, decision, report to the host. Only
// windows of a steady machine are judged. On command of the host it learns its own baseline (LINK_LEARN).
#include "anomaly/detector.h"
#include "anomaly/machine.h"
#include "board/board.h"
#include "decide/decide.h"
#include "frontend/imu.h"
#include "frontend/vibration.h"
#include "service/service.h"
#include "vibration_anomaly_model.h"

static const nn_model *const model = &vibration_anomaly_model;
static vibration frontend;
static machine watched;
static anomaly_detector detector;
static decide_state decision;
static service_baseline baseline;
static service_config service;

// The front end does not resample. If the sensor is faster than the model, this averages its samples down to the
// model's rate.
static imu_config model_rate = {0, 1, 1, false, {0, 0, 0, 0, 0, 0}, 1, 0, {0, {0, 0, 0}, 0}};
static int16_t latest[1][IMU_AXES];
static imu_frontend resampler;

static_assert(sizeof vibration_anomaly_frontend_offset / sizeof *vibration_anomaly_frontend_offset <=
                  ANOMALY_MAX_FEATURES,
              "the model has more features: build with a larger -D ANOMALY_MAX_FEATURES");

static void start_afresh(uint32_t sensor_rate_mhz) {
    imu_reset(&resampler, sensor_rate_mhz);
    vibration_reset(&frontend);
    machine_reset(&watched);
    decide_reset(&decision);
}

static void latest_window(int8_t *input) {
    vibration_again(&frontend, input);
}

static const char *what_it_does() {
    if (watched.state == MACHINE_STEADY && detector.blind) return "steady, cannot be judged at this speed";
    return machine_name(watched.state);
}

static uint8_t learn(uint8_t operation, uint32_t windows) {
    return anomaly_learn(&detector, operation, windows);
}

// False: no answer would be right. Without a sensor the host can still inject.
static bool start(uint32_t wanted, int32_t started) {
    model_rate.rate_mhz = wanted;
    imu_init(&resampler, &model_rate, started > 0 ? (uint32_t)started : wanted, latest);
    service.fault = service_sensor_fault(started, wanted, UINT32_MAX);
    if (started > 0 && service.fault) return false;
    if (vibration_init(&frontend, &vibration_anomaly_frontend_config) == VIBRATION_OK &&
        machine_init(&watched, &vibration_anomaly_machine) == MACHINE_OK &&
        decide_init(&decision, &vibration_anomaly_decide) == DECIDE_OK)
        return true;
    service.fault = "front end or decision is built too small for the model";
    return false;
}

static uint32_t between_windows() { // samples
    const uint32_t hop = vibration_anomaly_frontend_config.hop, block = vibration_anomaly_machine.block;
    return hop > block ? hop : block;
}

static void serve(uint32_t wanted, uint32_t rate) {
    anomaly_init(&detector, &vibration_anomaly_detector, model);
    anomaly_restore(&detector);
    baseline.state = &detector.baseline;
    baseline.size = sizeof detector.baseline;
    baseline.learnt = &detector.baseline.windows;
    baseline.wanted = &detector.wanted;
    baseline.run = learn;
    service.model = model;
    service.decide = &decision;
    service.sensor[0] = service_accel(rate);
    service.sensors = 1;
    service.least_rate_mhz = wanted;
    service.window_rate_mhz = wanted / between_windows();
    service.saturated = &frontend.saturated;
    service.saturations = 1;
    service.reset = start_afresh;
    service.window = latest_window;
    service.health = &health_vibration;
    service.baseline = &baseline;
    service.machine = what_it_does;
}

void setup() {
    const uint32_t wanted = vibration_anomaly_frontend_config.rate_mhz;
    const int32_t started = board_accel_start(wanted);
    service.app = "vibration_anomaly";
    if (start(wanted, started)) serve(wanted, started > 0 ? (uint32_t)started : wanted);
    service_init(&service);
}

static bool at_model_rate(const int16_t sample[3]) {
    const int16_t six[IMU_AXES] = {sample[0], sample[1], sample[2], 0, 0, 0};
    return imu_push(&resampler, six);
}

// True: a window is complete, in the model's input, and it ends with a block of what the machine does.
static bool next_window(const int16_t sample[3]) {
    if (!at_model_rate(sample)) return false;
    vibration_push(&frontend, latest[0], 1);
    machine_push(&watched, latest[0]);
    return vibration_pop(&frontend, model->input) && machine_at_block_end(&watched);
}

void loop() {
    int16_t sample[1][3];
    int8_t scores[2];
    service_timing timing = service_timing();
    decide_event event;
    service_poll();
    if (!service.sensors || !service_read_accel(sample, 1, &timing.sample_us)) {
        service_sleep();
        return;
    }
    uint32_t start = board_cycles();
    if (!next_window(sample[0])) return;
    board_mark(true);
    timing.frontend_cycles = board_lap(&start);
    const bool judged = machine_judges(&watched, VIBRATION_ANOMALY_WINDOW);
    if (judged)
        anomaly_run(&detector, scores);
    else
        anomaly_skip(&detector);
    timing.inference_cycles = board_lap(&start);
    board_mark(false);
    const bool detected = decide_push(&decision, judged ? scores : NULL, &event);
    timing.decide_cycles = board_lap(&start);

    service_window(&timing, judged ? scores : NULL);
    if (detected) service_event(&event, &timing);
}
