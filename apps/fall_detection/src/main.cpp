// From the acceleration of a body to a fall: sensor, impact, gate, model, decision, report to the host.
#include "board/board.h"
#include "decide/decide.h"
#include "decide/gate.h"
#include "fall_detection_model.h"
#include "field/field.h"
#include "frontend/impact.h"
#include "service/service.h"

static const nn_model *model;
static uint32_t rate; // of the sensor, in millihertz
static int16_t history[FALL_DETECTION_WINDOW][IMU_AXES];
static impact_frontend frontend;
static gate activity;
static decide_state decision;
static int8_t windows[SERVICE_WINDOWS * FALL_DETECTION_WINDOW * IMPACT_VALUES];
static service_config service;

#if FIELD_UPDATES // what an image may need
static const image_kernel *const kernels[] = {&image_nn_conv_2d, &image_nn_softmax};
static uint8_t params[128 * sizeof(void *)] IMAGE_ALIGNED;
static const image_firmware room = {
    IMAGE_ROWS(kernels), IMAGE_NONE,           IMAGE_GUARDED(fall_detection_arena),
    IMAGE_NONE,          IMAGE_MEMORY(params), FALL_DETECTION_WINDOW *IMPACT_VALUES,
};
#endif

static_assert(sizeof fall_detection_threshold <= DECIDE_MAX_CLASSES,
              "the model has more classes: build with a larger -D DECIDE_MAX_CLASSES");

static void start_afresh(uint32_t sensor_rate_mhz) {
    impact_reset(&frontend, sensor_rate_mhz);
    gate_reset(&activity);
    decide_reset(&decision);
}

static void latest_window(int8_t *input) {
    impact_window(&frontend, input);
}

static void same_window(int8_t *bytes) {
    impact_frontend other = frontend; // counts what is clipped, which was counted
    impact_window(&other, bytes);
}

static service_judged judged = {windows, 0, 0, same_window};

// NULL: the compiled-in model. False: what the image sets does not suit this firmware.
static bool use(const field_model *given) {
    const nn_model *network = FIELD_MODEL(given, &fall_detection_model);
    const impact_config *motion = FIELD_SETTINGS(given, impact_config, &fall_detection_frontend);
    const gate_config *awake = FIELD_SETTINGS(given, gate_config, &fall_detection_gate);
    const decide_config *events = FIELD_SETTINGS(given, decide_config, &fall_detection_decide);
    if (!motion || !awake || !events || motion->rate_mhz != fall_detection_frontend.rate_mhz) return false;
    const uint32_t window = motion->before + 1u + motion->after;
    if (window > FALL_DETECTION_WINDOW || network->input_size != window * IMPACT_VALUES) return false;
    if (network->output_size != events->classes || network->classes != events->classes) return false;
    if (decide_init(&decision, events) != DECIDE_OK) return false;
    impact_init(&frontend, motion, rate, history);
    gate_init(&activity, awake);
    judged.size = (uint16_t)network->input_size;
    service.model = model = network;
    return true;
}

static void serve(uint32_t wanted) {
    service.decide = &decision;
    service.activity = &activity;
    service.sensor[0] = service_accel(rate);
    service.sensors = 1;
    service.window_rate_mhz = wanted;
    service.saturated = frontend.saturated;
    service.saturations = IMPACT_VALUES;
    service.reset = start_afresh;
    service.window = latest_window;
    service.judged = &judged;
    service.health = &health_accelerometer;
}

void setup() {
    const uint32_t wanted = fall_detection_frontend.rate_mhz;
    const int32_t started = board_accel_start(wanted);
    rate = started > 0 ? (uint32_t)started : wanted; // without a sensor the host can still inject
    service.app = "fall_detection";
    service.fault = service_sensor_fault(started, wanted, UINT32_MAX);
    serve(wanted);
    FIELD_START(&service, room, use);
    service_init(&service);
}

void loop() {
    int16_t sample[1][IMPACT_AXES];
    service_timing timing = service_timing();
    decide_event event;
    service_poll();
    if (!service.sensors || !service_read_accel(sample, 1, &timing.sample_us)) {
        service_sleep();
        return;
    }
    if (!impact_push(&frontend, sample[0])) return;

    uint32_t start = board_cycles();
    const bool awake = gate_push(&activity, impact_level(&frontend));
    if (awake) impact_window(&frontend, model->input);
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
