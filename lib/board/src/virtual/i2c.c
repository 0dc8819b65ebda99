// i2c.c: the I2C bus of a virtual board: an INA228, an INA226 and an INA219 that watch the same shunt. What flows
// through it and the level of the mark come from the recording that a host plays into the sensor `power`.
#include "virtual.h"

#if defined(BOARD_MPS2) || defined(BOARD_HOST)

#include "board/board.h"
#include "ina_model.h"

#ifndef BOARD_SHUNT_UOHM
#define BOARD_SHUNT_UOHM 100000 // microohms of the shunt
#endif
#define ROW_NS    100000u
#define PER_NV    100000 // currents are in 10 nA: times microohms, so many make a nanovolt
#define UV_PER_MV 1000
#define NS_PER_S  1000000000u

enum { CHIPS = 3, BITS_PER_BYTE = 9, FIRST_HZ = 10000, MOST_HZ = 400000, ROWS = 64 };

typedef struct {
    ina_model model;
    uint64_t began; // time of the sample that it converts
    int64_t shunt_nv, bus_uv;
    uint32_t shunt_rows, bus_rows;
} chip;

static const uint8_t addresses[CHIPS] = {0x40, 0x41, 0x44};
static chip chips[CHIPS];
static uint32_t speed_hz; // 0: not started
static bool mark;

// The chip looks at the shunt and at the bus by turns.
static void look(chip *c, uint64_t since, uint32_t shunt_ns, uint32_t bus_ns, int64_t shunt_nv, int64_t bus_uv) {
    const bool at_shunt = (since - 1) % (shunt_ns + bus_ns) < shunt_ns;
    if (at_shunt || c->shunt_rows == 0) {
        c->shunt_nv += shunt_nv;
        c->shunt_rows++;
    }
    if (!at_shunt || c->bus_rows == 0) {
        c->bus_uv += bus_uv;
        c->bus_rows++;
    }
}

static void pass_row(chip *c, uint64_t time, int64_t shunt_nv, int64_t bus_uv) {
    uint32_t shunt_ns, bus_ns;
    const uint32_t times = ina_model_times(&c->model, &shunt_ns, &bus_ns);
    const uint64_t whole = (uint64_t)times * (shunt_ns + bus_ns);
    const bool overslept = time - c->began > 2 * whole + ROW_NS; // nobody looked for so long that rows were dropped
    if (c->model.started || times == 0 || overslept) {
        c->model.started = false;
        c->began = time - ROW_NS;
        c->shunt_nv = c->bus_uv = c->shunt_rows = c->bus_rows = 0;
    }
    if (times == 0) return;
    look(c, time - c->began, shunt_ns, bus_ns, shunt_nv, bus_uv);
    if (time - c->began < whole) return;
    ina_model_convert(&c->model, c->shunt_nv / c->shunt_rows, c->bus_uv / c->bus_rows, whole);
    c->began += whole;
    c->shunt_nv = c->bus_uv = c->shunt_rows = c->bus_rows = 0;
}

static void see(const int16_t row[POWER_WORDS], uint64_t time) {
    const int64_t current = (int32_t)((uint32_t)(uint16_t)row[1] << 16 | (uint16_t)row[0]);
    for (int i = 0; i < CHIPS; i++)
        pass_row(&chips[i], time, current * BOARD_SHUNT_UOHM / PER_NV, (int64_t)row[2] * UV_PER_MV);
    mark = row[3] & 1;
}

// All that has happened at the shunt until now. To the board it takes no time.
static void catch_up(void) {
    int16_t rows[ROWS][POWER_WORDS];
    uint64_t time;
    size_t count;
    clock_stop();
    while ((count = power_read(rows, ROWS, &time)) > 0)
        for (size_t i = 0; i < count; i++) see(rows[i], time + i * ROW_NS);
    clock_run();
}

static void pass_time(size_t bytes) {
    clock_skip_to(clock_now() + (uint64_t)bytes * BITS_PER_BYTE * NS_PER_S / speed_hz);
}

static ina_model *at(uint8_t address) {
    for (int i = 0; i < CHIPS; i++)
        if (addresses[i] == address) return &chips[i].model;
    return NULL;
}

int32_t board_i2c_start(uint32_t hz) {
    static const ina_model_kind kinds[CHIPS] = {INA_MODEL_228, INA_MODEL_226, INA_MODEL_219};
    if (hz < FIRST_HZ || hz > MOST_HZ) return BOARD_ERR_RATE;
    for (int i = 0; i < CHIPS; i++) ina_model_reset(&chips[i].model, kinds[i]);
    speed_hz = hz;
    power_start();
    return BOARD_OK;
}

bool board_i2c_read(uint8_t address, uint8_t reg, uint8_t *bytes, size_t size) {
    ina_model *m = at(address);
    if (!speed_hz) return false;
    pass_time(m ? 3 + size : 1);
    catch_up();
    if (m) ina_model_read(m, reg, bytes, size);
    return m;
}

bool board_i2c_write(uint8_t address, uint8_t reg, const uint8_t *bytes, size_t size) {
    ina_model *m = at(address);
    if (!speed_hz) return false;
    pass_time(m ? 2 + size : 1);
    catch_up();
    if (m) ina_model_write(m, reg, bytes, size);
    return m;
}

bool board_mark_read(void) {
    if (speed_hz) catch_up();
    return mark;
}

#endif
