// The audio front end in integers and in float on the same sound; instructions per frame, and how far they differ.
#include "../bench_line.h"
#include "board/board.h"
#include "config.h" // bench_config, written by tools/studies/frontend_bench.py
#include "float_logmel.h"

static logmel integers;
static float_logmel floats;
static int16_t pcm[LOGMEL_MAX_WINDOW];
static int8_t frame[2][LOGMEL_MAX_BANDS];

// Two gliding tones and noise, loud and soft by turns.
static void sound(size_t samples) {
    static uint32_t noise = 1, phase[2], time;
    for (size_t i = 0; i < samples; i++, time++) {
        noise = noise * 1664525u + 1013904223u;
        phase[0] += 8000000u + time * 500u;
        phase[1] += 190000000u - time * 3000u;
        const int32_t loud = (time / 4000) % 2 ? 1 : 8;
        const int32_t triangles = (int32_t)(phase[0] >> 19) - 4096 + ((int32_t)(phase[1] >> 21) - 1024);
        pcm[i] = (int16_t)(triangles / loud + ((int32_t)(noise >> 25) - 64));
    }
}

static const uint32_t FRAMES = 50;

static void measure() {
    const uint32_t outputs = bench_config.cepstra ? bench_config.cepstra : bench_config.bands;
    uint32_t cost[2] = {0, 0}, difference = 0;
    for (uint32_t made = 0, samples = bench_config.window; made < FRAMES; made++, samples = bench_config.hop) {
        sound(samples);
        const uint32_t start = board_cycles();
        logmel_push(&integers, pcm, samples);
        logmel_pop(&integers, frame[0]);
        const uint32_t middle = board_cycles();
        float_logmel_push(&floats, pcm, samples);
        float_logmel_pop(&floats, frame[1]);
        cost[1] += board_cycles() - middle;
        cost[0] += middle - start;
        for (uint32_t i = 0; i < outputs; i++) {
            const int d = frame[0][i] - frame[1][i];
            difference += (uint32_t)(d < 0 ? -d : d);
        }
    }
    bench_put("frontend integers ", cost[0] / FRAMES);
    bench_put(" float ", cost[1] / FRAMES);
    bench_put(" difference ", difference * 1000 / (FRAMES * outputs));
    bench_end();
}

void setup() {
    logmel_init(&integers, &bench_config);
    float_logmel_init(&floats, &bench_config);
    measure();
}

void loop() {
    bench_send();
}
