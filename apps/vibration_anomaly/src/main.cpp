// From the vibration of a machine to "it is not as it was": sensor, front end, detector, decision, and what the host
// sees. The host may let it learn its own baseline of what is normal (LINK_LEARN).
#include "anomaly/detector.h"
#include "board/board.h"
#include "decide/decide.h"
#include "frontend/vibration.h"
#include "service/service.h"
#include "vibration_anomaly_model.h"

static const nn_model *const model = &vibration_anomaly_model;
static vibration frontend;
static anomaly_detector detector;
static decide_state decision;
static service_baseline baseline;
static service_config service;

static void start_afresh(uint32_t) {
    vibration_reset(&frontend);
    decide_reset(&decision);
}

static void latest_window(int8_t *input) {
    vibration_again(&frontend, input);
}

static uint8_t learn(uint8_t operation, uint32_t windows) {
    return anomaly_learn(&detector, operation, windows);
}

void setup() {
    const uint32_t wanted = vibration_anomaly_frontend_config.rate_mhz;
    const int32_t started = board_accel_start(wanted);
    vibration_init(&frontend, &vibration_anomaly_frontend_config);
    decide_init(&decision, &vibration_anomaly_decide);
    anomaly_init(&detector, &vibration_anomaly_detector, model);
    anomaly_restore(&detector);
    baseline.state = &detector.baseline;
    baseline.size = sizeof detector.baseline;
    baseline.learnt = &detector.baseline.windows;
    baseline.wanted = &detector.wanted;
    baseline.run = learn;
    service.app = "vibration_anomaly";
    service.model = model;
    service.decide = &decision;
    service.sensor[0] = service_accel(started > 0 ? (uint32_t)started : wanted); // else the host can still inject
    service.sensors = 1;
    service.frontend_rate_mhz = wanted;
    service.window_rate_mhz = wanted / vibration_anomaly_frontend_config.hop;
    service.saturated = &frontend.saturated;
    service.saturations = 1;
    service.reset = start_afresh;
    service.window = latest_window;
    service.baseline = &baseline;
    service_init(&service);
}

void loop() {
    int16_t sample[1][3];
    int8_t scores[2];
    service_timing timing = service_timing();
    decide_event event;
    service_poll();
    if (!service_read_accel(sample, 1, &timing.sample_us)) {
        service_sleep();
        return;
    }
    uint32_t start = board_cycles();
    vibration_push(&frontend, sample[0], 1);
    if (!vibration_pop(&frontend, model->input)) return;
    board_mark(true);
    timing.frontend_cycles = board_lap(&start);
    anomaly_run(&detector, scores);
    timing.inference_cycles = board_lap(&start);
    board_mark(false);
    const bool detected = decide_push(&decision, scores, &event);
    timing.decide_cycles = board_lap(&start);

    service_window(&timing, scores);
    if (detected) service_event(&event, &timing);
}
