// From sound to a word: microphone, front end, a network that sleeps while nobody speaks, decision, report to the host.
#include "board/board.h"
#include "decide/decide.h"
#include "field/field.h"
#include "frontend/logmel.h"
#include "keyword_spotting_model.h"
#include "learn/device.h"
#include "service/service.h"
#include "spotter/spotter.h"

static const nn_model *model;
static int8_t ring[KEYWORD_SPOTTING_RING];
static logmel frontend;
static spotter listener;
static decide_state decision;
static service_timing timing;
static int8_t windows[SERVICE_WINDOWS * KEYWORD_SPOTTING_RING];
static service_config service;

// Words of one's own, beside the network's: docs/learning.md.
enum { FEATURES = 160, CLASSES = 12, PLACES = 4, OLD_WINDOWS = 6 };
static const learn_config learning = {FEATURES, CLASSES, PLACES, OLD_WINDOWS, 16, 5};
static uint32_t learnt[LEARN_ROOM(FEATURES, CLASSES, PLACES, OLD_WINDOWS)];
static uint64_t voiced; // a bit for each of the latest frames that stands out

#if FIELD_UPDATES // what an image may need
static const image_kernel *const kernels[] = {
    &image_nn_conv_2d_packed, &image_nn_conv_2d_int4_packed, &image_nn_depthwise_packed, &image_nn_copy,
    &image_nn_add_equal,      &image_nn_average_pool_all,    &image_nn_softmax,          &image_nn_move,
    &image_nn_ring_read,      &image_nn_ring_write};
static const image_symbol transforms[] = {{IMAGE_FFT_512, &fft_512}};
static uint8_t params[300 * sizeof(void *)] IMAGE_ALIGNED;
static const image_firmware room = {
    IMAGE_ROWS(kernels),
    IMAGE_ROWS(transforms),
    IMAGE_GUARDED(keyword_spotting_arena),
    IMAGE_MEMORY(keyword_spotting_state),
    IMAGE_MEMORY(params),
    LOGMEL_MAX_BANDS * 8,
};
#endif

static_assert(2 * sizeof keyword_spotting_frontend_hann / sizeof *keyword_spotting_frontend_hann <= LOGMEL_MAX_WINDOW,
              "the model's frames are longer: build with a larger -D LOGMEL_MAX_WINDOW");
static_assert(sizeof keyword_spotting_frontend_band_bins / sizeof *keyword_spotting_frontend_band_bins <=
                  LOGMEL_MAX_BANDS + 1,
              "the model has more bands: build with a larger -D LOGMEL_MAX_BANDS");
static_assert(sizeof keyword_spotting_threshold <= DECIDE_MAX_CLASSES,
              "the model has more classes: build with a larger -D DECIDE_MAX_CLASSES");

static void start_afresh(uint32_t) {
    logmel_reset(&frontend);
    spotter_reset(&listener);
    decide_reset(&decision);
    learn_afresh();
    voiced = 0;
}

static void latest_window(int8_t *input) {
    spotter_last_step(&listener, input);
}

static void whole_window(int8_t *rows) { // of which the network keeps in its state what it needs
    spotter_window(&listener, rows);
}

static service_judged judged = {windows, 0, 0, whole_window};

// NULL: the compiled-in model. False: what the image sets does not suit this firmware.
static bool use(const field_model *given) {
    const nn_model *network = FIELD_MODEL(given, &keyword_spotting_model);
    const nn_stream *stream = FIELD_STREAM(given, &keyword_spotting_stream);
    const logmel_config *sound = FIELD_SETTINGS(given, logmel_config, &keyword_spotting_frontend_config);
    const spotter_config *wake = FIELD_SETTINGS(given, spotter_config, &keyword_spotting_spotter);
    const decide_config *events = FIELD_SETTINGS(given, decide_config, &keyword_spotting_decide);
    if (!stream || !sound || !sound->fft || !wake || !wake->voice || !wake->gate || !events) return false;
    if (sound->rate_hz != keyword_spotting_frontend_config.rate_hz || !wake->hop || !wake->warm_up) return false;
    const uint32_t values = sound->cepstra ? sound->cepstra : sound->bands, step = values * wake->hop;
    if (wake->bands != values || wake->hop != stream->hop || wake->warm_up != stream->warm_up) return false;
    if (step != network->input_size || step * wake->warm_up > sizeof ring || wake->catch_up < 2) return false;
    if (network->output_size != events->classes || network->classes != events->classes) return false;
    if (logmel_init(&frontend, sound) != LOGMEL_OK || !(network = learn_use(network, events, &decision))) return false;
    spotter_init(&listener, wake, learn_use_stream(stream), ring);
    judged.size = (uint16_t)(step * wake->warm_up);
    service.model = model = network;
    service.window_rate_mhz = sound->rate_hz * 1000 / sound->hop / wake->hop;
    return true;
}

static void serve(uint32_t rate) {
    service.decide = &decision;
    service.activity = &listener.listening;
    service.sensor[0] = service_mic(rate);
    service.sensors = 1;
    service.least_rate_mhz = service.most_rate_mhz = rate;
    service.saturated = &frontend.clipped_high;
    service.saturations = 1;
    service.reset = start_afresh;
    service.window = latest_window;
    service.judged = &judged;
    service.health = &health_microphone;
}

// The front end does not resample; without a microphone the host can still inject.
void setup() {
    const uint32_t rate = keyword_spotting_frontend_config.rate_hz * 1000;
    const int32_t started = board_mic_start(rate);
    service.app = "keyword_spotting";
    service.fault = service_sensor_fault(started, rate, rate);
    if (started <= 0 || !service.fault) {
        serve(rate);
        learn_start(&service, &learning, learnt);
        FIELD_START(&service, room, use);
    }
    service_init(&service);
}

// Frames of the network's window in which somebody speaks; one more, for what the gate lets through besides.
static uint32_t how_much() {
    const uint32_t frames = listener.config->hop * listener.config->warm_up;
    uint32_t count = 1;
    for (uint32_t i = 0; i < frames && i < 64; i++) count += voiced >> i & 1;
    return count;
}

static void answer() {
    decide_event event;
    board_mark(listener.listening.open);
    uint32_t start = board_cycles();
    const bool awake = spotter_run(&listener);
    timing.inference_cycles = board_lap(&start);
    board_mark(false);
    const int8_t *scores = learn_window(awake ? how_much() : 0);
    const bool detected = decide_push(&decision, learn_is_shown() ? NULL : scores, &event);
    timing.decide_cycles = board_lap(&start);
    service_window(&timing, scores);
    if (!detected) return;
    learn_event(&event);
    service_event(&event, &timing);
}

void loop() {
    int16_t pcm[LOGMEL_MAX_WINDOW];
    int8_t frame[LOGMEL_MAX_BANDS];
    service_poll();
    learn_button(board_button(), board_micros());
    const size_t room = service.sensors ? logmel_room(&frontend) : 0;
    const size_t count = room ? service_read_mic(pcm, room, &timing.sample_us) : 0;
    if (!count) {
        service_sleep();
        return;
    }
    uint32_t start = board_cycles();
    logmel_push(&frontend, pcm, count);
    const bool complete = logmel_pop(&frontend, frame);
    const spotter_news news = complete ? spotter_hear(&listener, frame) : SPOTTER_FRAME;
    if (complete) voiced = voiced << 1 | (listener.loud >= listener.config->gate->keep_at);
    timing.frontend_cycles += board_lap(&start); // of all the frames of a step
    if (news == SPOTTER_WINDOW) answer();
    if (news != SPOTTER_FRAME) timing.frontend_cycles = 0;
}
