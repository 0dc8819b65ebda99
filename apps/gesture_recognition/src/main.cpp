// From the motion of a hand to the name of its gesture: sensor, front end, gate, model, decision, report to the host.
#include "board/board.h"
#include "decide/decide.h"
#include "decide/gate.h"
#include "field/field.h"
#ifdef FLEET_LEARNING // -D FLEET_LEARNING: it learns with other boards, docs/fleet_learning.md
#include "fleet/classes.h"
#endif
#include "frontend/imu.h"
#include "gesture_recognition_model.h"
#include "learn/device.h"
#include "service/service.h"

static const nn_model *model;
static uint32_t rate; // of the sensor, in millihertz
static int16_t history[GESTURE_RECOGNITION_WINDOW][IMU_AXES];
static imu_frontend frontend;
static gate activity;
static decide_state decision;
static int8_t windows[SERVICE_WINDOWS * GESTURE_RECOGNITION_WINDOW * IMU_AXES];
static service_config service;

// Classes of one's own, beside the network's: docs/learning.md.
enum { FEATURES = 64, CLASSES = 12, PLACES = 12, OLD_WINDOWS = 14 };
static const learn_config learning = {FEATURES, CLASSES, PLACES, OLD_WINDOWS, 16, 12};
static uint32_t learnt[LEARN_ROOM(FEATURES, CLASSES, PLACES, OLD_WINDOWS)];

#ifdef FLEET_LEARNING
static int32_t given[FLEET_ROOM(CLASSES, FEATURES)];
#endif

#if FIELD_UPDATES // what an image may need
static const image_kernel *const kernels[] = {&image_nn_conv_2d_packed, &image_nn_fully_connected_packed,
                                              &image_nn_softmax};
static uint8_t params[128 * sizeof(void *)] IMAGE_ALIGNED;
static const image_firmware room = {
    IMAGE_ROWS(kernels), IMAGE_NONE,           IMAGE_GUARDED(gesture_recognition_arena),
    IMAGE_NONE,          IMAGE_MEMORY(params), GESTURE_RECOGNITION_WINDOW *IMU_AXES,
};
#endif

static_assert(sizeof gesture_recognition_threshold <= DECIDE_MAX_CLASSES,
              "the model has more classes: build with a larger -D DECIDE_MAX_CLASSES");

static void start_afresh(uint32_t sensor_rate_mhz) {
    imu_reset(&frontend, sensor_rate_mhz);
    gate_reset(&activity);
    decide_reset(&decision);
    learn_afresh();
}

static void latest_window(int8_t *input) {
    imu_window(&frontend, input);
}

static void same_window(int8_t *bytes) {
    imu_frontend other = frontend; // counts what is clipped, which was counted
    imu_window(&other, bytes);
}

static service_judged judged = {windows, 0, 1, same_window};

// NULL: the compiled-in model. False: what the image sets does not suit this firmware.
static bool use(const field_model *given) {
    const nn_model *network = FIELD_MODEL(given, &gesture_recognition_model);
    const imu_config *motion = FIELD_SETTINGS(given, imu_config, &gesture_recognition_frontend);
    const gate_config *awake = FIELD_SETTINGS(given, gate_config, &gesture_recognition_gate);
    const decide_config *events = FIELD_SETTINGS(given, decide_config, &gesture_recognition_decide);
    if (!motion || !awake || !events || motion->rate_mhz != gesture_recognition_frontend.rate_mhz) return false;
    if (motion->window > GESTURE_RECOGNITION_WINDOW || !motion->hop || motion->hop > motion->window) return false;
    if (network->input_size != motion->window * IMU_AXES || network->output_size != events->classes) return false;
    if (network->classes != events->classes || !(network = learn_use(network, events, &decision))) return false;
    imu_init(&frontend, motion, rate, history);
    gate_init(&activity, awake);
    judged.size = (uint16_t)network->input_size;
    service.model = model = network;
    service.window_rate_mhz = motion->rate_mhz / motion->hop;
    return true;
}

static void serve() {
    service.decide = &decision;
    service.activity = &activity;
    service.sensor[0] = service_imu(rate);
    service.sensors = 1;
    service.saturated = frontend.saturated;
    service.saturations = IMU_AXES;
    service.reset = start_afresh;
    service.window = latest_window;
    service.judged = &judged;
    service.health = &health_imu_either;
}

void setup() {
    const uint32_t wanted = gesture_recognition_frontend.rate_mhz;
    const int32_t started = board_imu_start(wanted);
    rate = started > 0 ? (uint32_t)started : wanted; // without a sensor the host can still inject
    service.app = "gesture_recognition";
    service.fault = service_sensor_fault(started, wanted, UINT32_MAX);
    serve();
    learn_start(&service, &learning, learnt);
#ifdef FLEET_LEARNING
    fleet_share_classes(&service, given, sizeof given / sizeof *given);
#endif
    FIELD_START(&service, room, use);
    service_init(&service);
}

void loop() {
    board_imu_sample sample;
    service_poll();
    learn_button(board_button(), board_micros());
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
    const int8_t *scores = learn_window(awake ? imu_level(&frontend) + 1 : 0);
    const bool detected = decide_push(&decision, learn_is_shown() ? NULL : scores, &event);
    timing.decide_cycles = board_lap(&start);

    service_window(&timing, scores);
    if (!detected) return;
    learn_event(&event);
    service_event(&event, &timing);
}
