// From sound to a word: microphone, front end, a network that sleeps while nobody speaks, decision, the host's view.
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

static void start_afresh(uint32_t) {
    logmel_reset(&frontend);
    spotter_reset(&listener);
    decide_reset(&decision);
}

static void latest_window(int8_t *input) {
    spotter_last_step(&listener, input);
}

void setup() {
    const uint32_t rate = keyword_spotting_frontend_config.rate_hz * 1000;
    board_mic_start(rate); // without a microphone the host can still inject
    logmel_init(&frontend, &keyword_spotting_frontend_config);
    spotter_init(&listener, &keyword_spotting_spotter, &keyword_spotting_stream, ring);
    decide_init(&decision, &keyword_spotting_decide);
    service.app = "keyword_spotting";
    service.model = model;
    service.decide = &decision;
    service.activity = &listener.gate;
    service.sensor[0] = service_mic(rate);
    service.sensors = 1;
    service.frontend_rate_mhz = rate;
    service.window_rate_mhz = rate / keyword_spotting_frontend_config.hop / keyword_spotting_spotter.hop;
    service.saturated = &frontend.clipped_high;
    service.saturations = 1;
    service.reset = start_afresh;
    service.window = latest_window;
    service_init(&service);
}

static void answer() {
    decide_event event;
    board_mark(listener.gate.open);
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
    const size_t count = service_read_mic(pcm, logmel_room(&frontend), &timing.sample_us);
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
