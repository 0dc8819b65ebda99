// What the watch of a sensor costs: instructions for a second of rows, in the pieces in which an application reads
// them.
#include "../bench_line.h"
#include "board/board.h"
#include "health/health.h"

static health watched;

static void noise(int16_t *values, size_t count, uint32_t shift) {
    static uint32_t state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = (int16_t)((int32_t)state >> shift);
    }
}

static void measure(const char *name, const health_config *config, uint32_t rate_hz, size_t at_once, uint32_t shift) {
    static int16_t rows[320];
    uint32_t cost = 0;
    health_init(&watched, config, rate_hz * 1000);
    for (uint32_t done = 0; done < 4 * rate_hz; done += at_once) {
        noise(rows, at_once * watched.channels, shift);
        const uint32_t start = board_cycles();
        health_push(&watched, rows, at_once);
        health_clock(&watched, done * 1000 / (rate_hz / 1000 ? rate_hz / 1000 : 1));
        cost += board_cycles() - start;
    }
    bench_put(name, cost / 4);
}

void setup() {
    measure("health quiet ", &health_microphone, 16000, 320, 26);
    measure(" loud ", &health_microphone, 16000, 320, 18);
    measure(" imu ", &health_imu, 100, 1, 26);
    measure(" accelerometer ", &health_accelerometer, 50, 1, 26);
    measure(" vibration ", &health_vibration, 1600, 1, 26);
    bench_put(" bytes ", sizeof watched);
    bench_end();
}

void loop() {
    bench_send();
}
