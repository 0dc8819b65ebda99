// What watching a machine costs: instructions for a second of samples at the committed model's rate, for each part of
// apps/vibration_anomaly, while it judges by its own model, while it learns, and while it judges by what it learnt.
#include "../bench_line.h"
#include "anomaly/learn.h"
#include "anomaly/machine.h"
#include "board/board.h"
#include "frontend/vibration.h"
#include "link/messages.h"
#include "vibration_anomaly_model.h"

static const uint32_t SECONDS = 60, WINDOWS = 40; // of each phase; learnt, fewer than come in that time
static vibration frontend;
static machine watched;
static anomaly_detector detector;

typedef struct {
    uint32_t machine, frontend, block, detector, judged, most; // instructions; `block` and `most` of one call
} costs;

// A machine that runs: noise of about 200 counts on each axis, and gravity on the last.
static void sample(int16_t xyz[3]) {
    static uint32_t state = 1;
    for (int axis = 0; axis < 3; axis++) {
        state = state * 1664525u + 1013904223u;
        xyz[axis] = (int16_t)(((int32_t)state >> 23) + (axis == 2 ? 2048 : 0));
    }
}

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static void judge(costs *c) {
    int8_t scores[2];
    const uint32_t start = board_cycles();
    anomaly_run(&detector, scores);
    const uint32_t spent = board_cycles() - start;
    c->detector += spent;
    c->most = larger(c->most, spent);
    c->judged++;
}

static costs run(uint32_t seconds) {
    costs c = {0, 0, 0, 0, 0, 0};
    const uint32_t samples = seconds * (vibration_anomaly_frontend_config.rate_mhz / 1000);
    for (uint32_t i = 0; i < samples; i++) {
        int16_t xyz[3];
        sample(xyz);
        const uint32_t start = board_cycles();
        machine_push(&watched, xyz);
        const uint32_t middle = board_cycles();
        vibration_push(&frontend, xyz, 1);
        const bool whole = vibration_pop(&frontend, vibration_anomaly_model.input);
        const uint32_t spent = board_cycles() - middle;
        c.machine += middle - start;
        c.frontend += spent;
        c.block = larger(c.block, spent);
        if (whole && machine_judges(&watched, VIBRATION_ANOMALY_WINDOW)) judge(&c);
    }
    return c;
}

void setup() {
    vibration_init(&frontend, &vibration_anomaly_frontend_config);
    machine_init(&watched, &vibration_anomaly_machine);
    anomaly_init(&detector, &vibration_anomaly_detector, &vibration_anomaly_model);
    run(SECONDS); // until it is steady
    const costs own = run(SECONDS);
    anomaly_learn(&detector, LINK_LEARN_BEGIN, WINDOWS);
    const costs learning = run(SECONDS);
    const costs learnt = run(SECONDS);
    bench_put("vibration machine ", own.machine / SECONDS);
    bench_put(" frontend ", own.frontend / SECONDS);
    bench_put(" block ", own.block);
    bench_put(" model ", own.judged ? own.detector / own.judged : 0);
    bench_put(" finish ", learning.most);
    bench_put(" baseline ", detector.own && learnt.judged ? learnt.detector / learnt.judged : 0);
    bench_put(" bytes ", sizeof watched);
    bench_put(" ", sizeof frontend);
    bench_put(" ", sizeof detector);
    bench_end();
}

void loop() {
    bench_send();
}
