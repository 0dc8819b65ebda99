// A small application around the service, for the tests: the real front end, decision and kernels' helpers, a model of
// three trivial layers, and a board in memory whose console, sensor and clock the test holds.
#include "board/board.h"
#include "decide/decide.h"
#include "frontend/imu.h"
#include "link/messages.h"
#include "nn/model.h"
#include "service/service.h"

#include <string.h>

enum { WINDOW = 8, HOP = 4, CLASSES = 3, INPUT = WINDOW * IMU_AXES, CONSOLE = 65536, SENSOR = 4096 };

// The board.
struct {
    uint8_t to_device[CONSOLE], from_device[CONSOLE];
    size_t to_first, to_end, from_end;
    size_t room; // what the console still takes
    uint32_t now_us, cycles, overruns;
    uint32_t work_us; // time one inference takes
    board_imu_sample sensor[SENSOR];
    size_t sensor_first, sensor_end;
    uint32_t resets;
    int16_t sound[SENSOR];
    size_t sound_end;
    uint32_t lose; // samples of the IMU, when it is next read
    bool still;    // the gate's level is below what opens it
    int16_t vibration[SENSOR][3];
    size_t vibration_end;
    uint32_t cause; // board_reset_cause
    uint32_t watchdog_ms, fed;
    uint32_t sleep_us; // that a sleep takes
    uint32_t beyond;   // bytes behind the arena that the last layer writes to
} test_board;

const char *board_name(void) {
    return "memory";
}
uint32_t board_micros(void) {
    return test_board.now_us;
}
uint32_t board_cycles(void) {
    return test_board.cycles += 7;
}
uint32_t board_cycles_hz(void) {
    return 1000000;
}
uint32_t board_stack_used(void) {
    return 321;
}
uint32_t board_stack_size(void) {
    return 4096;
}
uint32_t board_sensor_overruns(void) {
    return test_board.overruns;
}
void board_reset(void) {
    test_board.resets++;
}
board_reset_cause board_reset_reason(void) {
    return test_board.cause;
}
bool board_watchdog_start(uint32_t ms) {
    test_board.watchdog_ms = ms;
    return true;
}
void board_watchdog_feed(void) {
    test_board.fed++;
}
void board_sleep(void) {
    test_board.now_us += test_board.sleep_us;
}

size_t board_console_read(uint8_t *bytes, size_t size) {
    size_t count = 0;
    while (count < size && test_board.to_first < test_board.to_end)
        bytes[count++] = test_board.to_device[test_board.to_first++];
    return count;
}

size_t board_console_write(const uint8_t *bytes, size_t size) {
    size_t count = size < test_board.room ? size : test_board.room;
    memcpy(test_board.from_device + test_board.from_end, bytes, count);
    test_board.from_end += count;
    test_board.room -= count;
    return count;
}

size_t board_imu_read(board_imu_sample *samples, size_t count) {
    test_board.overruns += test_board.lose;
    test_board.lose = 0;
    if (count == 0 || test_board.sensor_first == test_board.sensor_end) return 0;
    *samples = test_board.sensor[test_board.sensor_first++];
    return 1;
}

size_t board_mic_read(int16_t *pcm, size_t count) {
    size_t taken = count < test_board.sound_end ? count : test_board.sound_end;
    memcpy(pcm, test_board.sound, taken * sizeof *pcm);
    test_board.sound_end -= taken;
    memmove(test_board.sound, test_board.sound + taken, test_board.sound_end * sizeof *pcm);
    return taken;
}

uint8_t board_analog_channels(void) {
    return 1;
}

size_t board_analog_read(int16_t *rows, size_t count) {
    (void)rows, (void)count;
    return 0;
}

size_t board_accel_read(int16_t (*xyz)[3], size_t count) {
    size_t taken = count < test_board.vibration_end ? count : test_board.vibration_end;
    memcpy(xyz, test_board.vibration, taken * sizeof *xyz);
    test_board.vibration_end -= taken;
    memmove(test_board.vibration, test_board.vibration + taken, test_board.vibration_end * sizeof *xyz);
    return taken;
}

// The model: input -> sum over time per axis, saturated -> its first three -> scores, in one arena.
static int8_t arena[INPUT + IMU_AXES + CLASSES + CLASSES + NN_GUARD] NN_ALIGNED;
static int8_t *const sums = arena + INPUT, *const three = arena + INPUT + IMU_AXES,
                     *const scores = arena + INPUT + IMU_AXES + CLASSES;

static void step(uint16_t layer) {
    if (layer == 0)
        for (int axis = 0; axis < IMU_AXES; axis++) {
            int sum = 0;
            for (int i = 0; i < WINDOW; i++) sum += arena[i * IMU_AXES + axis];
            sums[axis] = (int8_t)(sum > 127 ? 127 : sum < -128 ? -128 : sum);
        }
    if (layer == 1) memcpy(three, sums, CLASSES);
    if (layer == 2) {
        for (int i = 0; i < CLASSES; i++) scores[i] = (int8_t)~three[i];
        memset(scores + CLASSES, 0, test_board.beyond);
    }
}

static const nn_layer layers[] = {
    {"sum", arena + INPUT, IMU_AXES, 1},
    {"slice", arena + INPUT + IMU_AXES, CLASSES, 2},
    {"flip", arena + INPUT + IMU_AXES + CLASSES, CLASSES, 3},
};
static const char *const labels[] = {"rest", "left", "right"};
nn_model test_model = {.name = "trivial",
                       .hash = "0123456789abcdef",
                       .data_hash = "",
                       .input = arena,
                       .output = arena + INPUT + IMU_AXES + CLASSES,
                       .input_size = INPUT,
                       .output_size = CLASSES,
                       .arena = arena,
                       .arena_size = sizeof arena - NN_GUARD,
                       .layers = 3,
                       .classes = CLASSES,
                       .layer = layers,
                       .label = labels,
                       .step = step};

// The application.
static const imu_config imu = {1000000, WINDOW, HOP, false, {1, 1, 1, 1, 1, 1}, 4, 0, {0}};
static const uint8_t thresholds[] = {200, 201, 202};
static const decide_config decision = {CLASSES, 0, 1, 2, thresholds};
static imu_frontend frontend;
static int16_t history[WINDOW][IMU_AXES];
static decide_state decide;
static const gate_config waking = {1, 1, 0};
static gate activity;
static service_config config;
bool test_watched; // its sensor

static void reset(uint32_t rate_mhz) {
    imu_reset(&frontend, rate_mhz);
    decide_reset(&decide);
}

static void window(int8_t *input) {
    imu_window(&frontend, input);
}

static void same_window(int8_t *bytes) {
    imu_frontend other = frontend; // which counts what is clipped
    imu_window(&other, bytes);
}

static int8_t windows[SERVICE_WINDOWS * INPUT];
static const service_judged judged = {windows, INPUT, 1, same_window};

void setup(void) {
    imu_init(&frontend, &imu, imu.rate_mhz, history);
    decide_init(&decide, &decision);
    gate_init(&activity, &waking);
    config = (service_config){.app = "test_app",
                              .model = &test_model,
                              .decide = &decide,
                              .activity = &activity,
                              .sensor = {service_imu(1000000)},
                              .sensors = 1,
                              .window_rate_mhz = 250000,
                              .saturated = frontend.saturated,
                              .saturations = IMU_AXES,
                              .reset = reset,
                              .window = window,
                              .judged = &judged,
                              .health = test_watched ? &health_imu : NULL};
    service_init(&config);
}

void loop(void) {
    board_imu_sample sample;
    service_poll();
    if (!service_read_imu(&sample, 1)) {
        service_sleep();
        return;
    }
    if (!imu_push(&frontend, sample.axis)) return;
    service_timing timing = {1, 2, 3, sample.time_us};
    decide_event event;
    const bool awake = gate_push(&activity, !test_board.still);
    if (awake) {
        imu_window(&frontend, test_model.input);
        nn_run(&test_model);
        test_board.now_us += test_board.work_us;
    }
    bool detected = decide_push(&decide, awake ? test_model.output : NULL, &event);
    service_window(&timing, awake ? test_model.output : NULL);
    if (detected) service_event(&event, &timing);
}

// A second application without a model: hears, feels and learns.
enum { HEARD = 100, BASELINE = 1000 };
static uint8_t baseline[BASELINE];
static uint32_t learnt, wanted;
struct {
    uint8_t operation;
    uint32_t windows, heard, last_us;
    int16_t pcm[SENSOR];
} test_ears;

static uint8_t run(uint8_t operation, uint32_t windows) {
    test_ears.operation = operation;
    test_ears.windows = windows;
    if (operation == LINK_LEARN_KEEP) return LINK_UNSUPPORTED;
    if (operation == LINK_LEARN_USE && baseline[0] != 1) return LINK_BAD_ARGUMENT;
    if (operation == LINK_LEARN_WRITE && wanted) return LINK_NOT_NOW;
    if (operation == LINK_LEARN_BEGIN) wanted = windows;
    if (operation == LINK_LEARN_STOP) wanted = 0;
    return LINK_OK;
}

static void unheard(uint32_t rate_mhz) {
    (void)rate_mhz;
    test_ears.heard = 0;
}

void setup_ears(void) {
    static const service_baseline learning = {
        .state = baseline, .size = BASELINE, .learnt = &learnt, .wanted = &wanted, .run = run};
    memset(&test_ears, 0, sizeof test_ears);
    memset(baseline, 0, sizeof baseline);
    learnt = wanted = 0;
    config = (service_config){.app = "ears",
                              .sensor = {service_mic(16000000), service_accel(100000)},
                              .sensors = 2,
                              .reset = unheard,
                              .baseline = &learning};
    service_init(&config);
}

void loop_ears(void) {
    service_poll();
    test_ears.heard += (uint32_t)service_read_mic(test_ears.pcm + test_ears.heard, HEARD, &test_ears.last_us);
    service_forward_accel(1);
}
