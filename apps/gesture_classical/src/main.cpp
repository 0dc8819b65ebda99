// The gestures of gesture_recognition on a chip of 2 KB of RAM: front end, features, a classical model, decision.
#include "board/board.h"
#include "classical/features.h"
#include "decide/decide.h"
#include "frontend/imu.h"
#include "gesture_classical.h"
#include "pocket/pocket.h"

static int16_t history[GESTURE_CLASSICAL_WINDOW][IMU_AXES];
static imu_frontend frontend;
static decide_state decision;
static int8_t features[gesture_classical_INPUTS];
static int32_t scores[gesture_classical_CLASSES];

static_assert(gesture_classical_INPUTS == IMU_AXES * CLASSICAL_FEATURES, "the model takes other features");
static_assert(gesture_classical_CLASSES <= DECIDE_MAX_CLASSES, "build with a larger -D DECIDE_MAX_CLASSES");

static_assert(GESTURE_CLASSICAL_WINDOW * IMU_AXES <= POCKET_SCRATCH, "the window does not fit");

static void start_afresh(uint32_t rate_mhz) {
    imu_reset(&frontend, rate_mhz);
    decide_reset(&decision);
}

static void latest_window() {
    int8_t *const window = (int8_t *)pocket_scratch();
    imu_window(&frontend, window);
    classical_features(window, GESTURE_CLASSICAL_WINDOW, IMU_AXES, features);
}

static uint8_t classify() {
    return gesture_classical_classify(features, scores);
}

static bool decide(uint8_t class_id, decide_event *event) { // a vote for one class, none for the others
    int8_t votes[gesture_classical_CLASSES];
    for (uint8_t i = 0; i < gesture_classical_CLASSES; i++) votes[i] = i == class_id ? 127 : -128;
    return decide_push(&decision, votes, event);
}

static bool take(const int16_t axis[IMU_AXES]) {
    if (!imu_push(&frontend, axis)) return false;
    pocket_timing timing;
    decide_event event;
    uint32_t start = board_cycles();
    board_mark(true);
    latest_window();
    timing.frontend = board_lap(&start);
    const uint8_t class_id = classify();
    timing.inference = board_lap(&start);
    board_mark(false);
    const bool detected = decide(class_id, &event);
    timing.decide = board_lap(&start);
    pocket_window(&timing, class_id);
    if (detected) pocket_event(&event, &timing);
    return true;
}

void setup() {
    static pocket_config pocket;
    board_init();
    pocket.app = "gesture_classical";
    pocket.hash = gesture_classical_HASH;
    pocket.label = gesture_classical_label;
    pocket.classes = gesture_classical_CLASSES;
    pocket.inputs = gesture_classical_INPUTS;
    pocket.check = gesture_classical_CHECK;
    pocket.rate_mhz = gesture_classical_frontend.rate_mhz;
    pocket.window_rate_mhz = gesture_classical_frontend.rate_mhz / gesture_classical_frontend.hop;
    pocket.features = features;
    pocket.scores = scores;
    pocket.decide = &decision;
    pocket.reset = start_afresh;
    pocket.sample = take;
    pocket.window = latest_window;
    pocket.classify = classify;
    imu_init(&frontend, &gesture_classical_frontend, 0, history);
    decide_init(&decision, &gesture_classical_decide);
    pocket_init(&pocket);
}

void loop() { // samples come from the host: docs/classical.md
    pocket_poll();
    board_sleep();
}
