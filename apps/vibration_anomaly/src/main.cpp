// Detects that a machine no longer vibrates as usual: sensor, front end, detector, decision, report to the host. Only
// windows of a steady machine are judged. On command of the host it learns its own baseline (LINK_LEARN).
#include "anomaly/learn.h"
#include "anomaly/machine.h"
#include "board/board.h"
#include "decide/decide.h"
#include "field/field.h"
#include "frontend/imu.h"
#include "frontend/vibration.h"
#include "service/service.h"
#include "vibration_anomaly_model.h"

static const nn_model *model;
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

#if FIELD_UPDATES // what an image may need
static const image_kernel *const kernels[] = {&image_nn_conv_2d_packed, &image_nn_fully_connected_packed,
                                              &image_nn_lookup};
static const image_symbol transforms[] = {{IMAGE_FFT_128, &fft_128}};
static uint8_t params[128 * sizeof(void *)] IMAGE_ALIGNED;
static const image_firmware room = {
    IMAGE_ROWS(kernels), IMAGE_ROWS(transforms), IMAGE_GUARDED(vibration_anomaly_arena),
    IMAGE_NONE,          IMAGE_MEMORY(params),   ANOMALY_MAX_FEATURES,
};
#endif

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

static uint32_t between_windows(const vibration_config *vibes) { // samples
    const uint32_t hop = vibes->hop, block = vibration_anomaly_machine.block;
    return hop > block ? hop : block;
}

// NULL: the compiled-in model. False: what the image sets does not suit this firmware. What a machine does is always
// told by the settings of the firmware, which images do not have.
static bool use(const field_model *given) {
    const nn_model *network = FIELD_MODEL(given, &vibration_anomaly_model);
    const vibration_config *vibes = FIELD_SETTINGS(given, vibration_config, &vibration_anomaly_frontend_config);
    const anomaly_config *judge = FIELD_SETTINGS(given, anomaly_config, &vibration_anomaly_detector);
    const decide_config *events = FIELD_SETTINGS(given, decide_config, &vibration_anomaly_decide);
    if (!vibes || !vibes->fft || !judge || !events) return false;
    if (vibes->rate_mhz != vibration_anomaly_frontend_config.rate_mhz || network->classes != events->classes)
        return false;
    if (network->input_size != vibration_features(vibes) || network->output_size != network->input_size) return false;
    if (!judge->gaussians || !judge->reconstruction || events->classes != 2) return false;
    if (vibration_init(&frontend, vibes) != VIBRATION_OK || decide_init(&decision, events) != DECIDE_OK) return false;
    anomaly_init(&detector, judge, network);
    anomaly_restore(&detector);
    service.model = model = network;
    service.window_rate_mhz = vibes->rate_mhz / between_windows(vibes);
    return true;
}

static void serve(uint32_t wanted, uint32_t rate) {
    baseline.state = &detector.baseline;
    baseline.size = sizeof detector.baseline;
    baseline.learnt = &detector.baseline.windows;
    baseline.wanted = &detector.wanted;
    baseline.run = learn;
    service.decide = &decision;
    service.sensor[0] = service_accel(rate);
    service.sensors = 1;
    service.least_rate_mhz = wanted;
    service.saturated = &frontend.saturated;
    service.saturations = 1;
    service.reset = start_afresh;
    service.window = latest_window;
    service.health = &health_vibration;
    service.baseline = &baseline;
    service.machine = what_it_does;
}

// Without a sensor the host can still inject.
void setup() {
    const uint32_t wanted = vibration_anomaly_frontend_config.rate_mhz;
    const int32_t started = board_accel_start(wanted);
    const uint32_t rate = started > 0 ? (uint32_t)started : wanted;
    service.app = "vibration_anomaly";
    service.fault = service_sensor_fault(started, wanted, UINT32_MAX);
    model_rate.rate_mhz = wanted;
    imu_init(&resampler, &model_rate, rate, latest);
    if (started <= 0 || !service.fault) {
        serve(wanted, rate);
        if (machine_init(&watched, &vibration_anomaly_machine) == MACHINE_OK)
            FIELD_START(&service, room, use);
        else
            field_without_model(&service);
    }
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
