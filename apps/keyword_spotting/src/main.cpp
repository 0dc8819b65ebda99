// From sound to a word: microphone, front end, a network that sleeps while nobody speaks, decision, report to the host.
#include "board/board.h"
#include "decide/decide.h"
#include "frontend/logmel.h"
#include "keyword_spotting_model.h"
#include "service/service.h"
#include "spotter/spotter.h"

static const nn_model *const model = &keyword_spotting_model;
static int8_t ring[KEYWORD_SPOTTING_RING];
static logmel frontend;
static spotter listener;
static decide_state decision;
static service_timing timing;
static service_config service;

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
}

static void latest_window(int8_t *input) {
    spotter_last_step(&listener, input);
}

// False: no answer would be right. The front end does not resample; without a microphone the host can still inject.
static bool start(uint32_t rate) {
    const int32_t started = board_mic_start(rate);
    service.fault = service_sensor_fault(started, rate, rate);
    if (started > 0 && service.fault) return false;
    spotter_init(&listener, &keyword_spotting_spotter, &keyword_spotting_stream, ring);
    if (logmel_init(&frontend, &keyword_spotting_frontend_config) == LOGMEL_OK &&
        decide_init(&decision, &keyword_spotting_decide) == DECIDE_OK)
        return true;
    service.fault = "front end or decision is built too small for the model";
    return false;
}

static void serve(uint32_t rate) {
    service.model = model;
    service.decide = &decision;
    service.activity = &listener.listening;
    service.sensor[0] = service_mic(rate);
    service.sensors = 1;
    service.least_rate_mhz = service.most_rate_mhz = rate;
    service.window_rate_mhz = rate / keyword_spotting_frontend_config.hop / keyword_spotting_spotter.hop;
    service.saturated = &frontend.clipped_high;
    service.saturations = 1;
    service.reset = start_afresh;
    service.window = latest_window;
    service.health = &health_microphone;
}

void setup() {
    const uint32_t rate = keyword_spotting_frontend_config.rate_hz * 1000;
    service.app = "keyword_spotting";
    if (start(rate)) serve(rate);
    service_init(&service);
}

static void answer() {
    decide_event event;
    board_mark(listener.listening.open);
    uint32_t start = board_cycles();
    const bool awake = spotter_run(&listener);
    timing.inference_cycles = board_lap(&start);
    board_mark(false);
    const bool detected = decide_push(&decision, awake ? model->output : NULL, &event);
    timing.decide_cycles = board_lap(&start);
    service_window(&timing, awake ? model->output : NULL);
    if (detected) service_event(&event, &timing);
}

void loop() {
    int16_t pcm[LOGMEL_MAX_WINDOW];
    int8_t frame[LOGMEL_MAX_BANDS];
    service_poll();
    const size_t room = service.sensors ? logmel_room(&frontend) : 0;
    const size_t count = room ? service_read_mic(pcm, room, &timing.sample_us) : 0;
    if (!count) {
        service_sleep();
        return;
    }
    uint32_t start = board_cycles();
    logmel_push(&frontend, pcm, count);
    const spotter_news news = logmel_pop(&frontend, frame) ? spotter_hear(&listener, frame) : SPOTTER_FRAME;
    timing.frontend_cycles += board_lap(&start); // of all the frames of a step
    if (news == SPOTTER_WINDOW) answer();
    if (news != SPOTTER_FRAME) timing.frontend_cycles = 0;
}
