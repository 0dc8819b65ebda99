// sensors.c: IMU, microphone and accelerometer of a virtual board. Samples are due at exact multiples of their period;
// they come from the host's recording while it plays one, else from a board that lies still on a table: the same values
// again and again, but for the noise that every real sensor has.
#include "virtual.h"

#if defined(BOARD_MPS2) || defined(BOARD_HOST)

#include <string.h>

#include "board/board.h"

#ifndef BOARD_IMU_FIFO
#define BOARD_IMU_FIFO 32 // samples a late application still finds; real IMUs keep 32 to 512
#endif
#ifndef BOARD_MIC_FIFO
#define BOARD_MIC_FIFO 4096 // a quarter of a second at 16 kHz
#endif
#ifndef BOARD_ACCEL_FIFO
#define BOARD_ACCEL_FIFO 512
#endif
#ifndef BOARD_ANALOG_FIFO
#define BOARD_ANALOG_FIFO 64
#endif

enum { ANALOG_CHANNELS = 2, POWER_RATE_MHZ = 10000000, POWER_ROWS = 50000, BUTTON_RATE_MHZ = 100000 };

typedef struct {
    uint8_t axes;
    uint16_t fifo;  // samples kept for a late reader
    uint16_t block; // samples that become due together, as a DMA or a FIFO watermark delivers them
    uint32_t max_rate_mhz;
    int16_t still[BOARD_IMU_AXES];
    bool noisy; // at rest
} sensor_kind;

typedef struct {
    uint32_t rate_mhz; // 0: not running
    uint64_t due;      // time of the next sample, and the fraction of a nanosecond over it in 1/rate_mhz
    uint64_t fraction;
    uint32_t in_block;       // samples of the current block already handed out
    uint32_t lost, skip;     // since the last request: too late for, and of those not sent yet
    uint16_t fetched, taken; // words in `ahead`
    uint32_t rested;         // words at rest, since the start or the last word of a recording
    int16_t ahead[SENSOR_MAX_WORDS];
} sensor_state;

static const sensor_kind kinds[SENSOR_COUNT] = {
    [SENSOR_IMU] = {BOARD_IMU_AXES, BOARD_IMU_FIFO, 1, 6400000, {0, 0, BOARD_ACCEL_PER_G, 0, 0, 0}, true},
    [SENSOR_MIC] = {1, BOARD_MIC_FIFO, 256, 48000000, {0}, true},
    [SENSOR_ACCEL] = {3, BOARD_ACCEL_FIFO, 32, 51200000, {0, 0, BOARD_ACCEL_PER_G}, true},
    [SENSOR_ANALOG] = {ANALOG_CHANNELS, BOARD_ANALOG_FIFO, 1, 10000000, {0}, false},
    [SENSOR_POWER] = {POWER_WORDS, POWER_ROWS, 1, POWER_RATE_MHZ, {0, 0, 3300, 0}, false},
    [SENSOR_BUTTON] = {1, UINT16_MAX, 1, BUTTON_RATE_MHZ, {0}, false},
};
static sensor_state sensors[SENSOR_COUNT];
static uint32_t overruns;

static const uint64_t NS_PER_1000_S = 1000000000000u;

void sensors_init(void) {
    memset(sensors, 0, sizeof sensors);
    overruns = 0;
}

// Nanoseconds from the next due sample to the one `count` after it; the rest of the division goes to *fraction.
static uint64_t span(const sensor_state *s, uint32_t count, uint64_t *fraction) {
    const uint64_t over = s->fraction + count * (NS_PER_1000_S % s->rate_mhz);
    *fraction = over % s->rate_mhz;
    return count * (NS_PER_1000_S / s->rate_mhz) + over / s->rate_mhz;
}

// Samples that become due together: no more than come in 20 ms, however slow the sensor.
static uint32_t block_of(const sensor_state *s, const sensor_kind *kind) {
    const uint32_t most = s->rate_mhz / 50000u;
    return most < 1 ? 1 : most < kind->block ? most : kind->block;
}

static void advance(sensor_state *s, const sensor_kind *kind, uint32_t count) {
    s->due += span(s, count, &s->fraction);
    s->in_block = (s->in_block + count) % block_of(s, kind);
}

// Samples taken by now, whole blocks only.
static uint32_t available(const sensor_state *s, const sensor_kind *kind) {
    const uint64_t now = clock_now();
    uint64_t fraction;
    if (s->rate_mhz == 0 || now < s->due) return 0;
    uint32_t count = (uint32_t)((now - s->due) / (NS_PER_1000_S / s->rate_mhz + 1));
    while (s->due + span(s, count, &fraction) <= now) count++;
    const uint32_t block = block_of(s, kind), whole = (s->in_block + count) / block * block;
    return whole > s->in_block ? whole - s->in_block : 0;
}

static void discard(sensor_id id, uint32_t count) {
    sensor_state *s = &sensors[id];
    const sensor_kind *kind = &kinds[id];
    const uint32_t ahead = (uint32_t)(s->fetched - s->taken) / kind->axes;
    const uint32_t here = count < ahead ? count : ahead;
    s->taken = (uint16_t)(s->taken + here * kind->axes);
    if (bus_offers(id)) {
        s->lost += count;
        s->skip += count - here;
    }
    overruns += count;
    advance(s, kind, count);
}

static void fetch(sensor_id id) {
    sensor_state *s = &sensors[id];
    const bus_request request = {id, s->rate_mhz, s->lost, s->skip, kinds[id].axes};
    s->fetched = (uint16_t)bus_fetch(&request, s->ahead, (size_t)SENSOR_MAX_WORDS / kinds[id].axes * kinds[id].axes);
    s->taken = 0;
    s->lost = s->skip = 0;
}

// -2 to 2, with a standard deviation of 1: of four bits of a hash of the word's number.
static int16_t noise(uint32_t number) {
    uint32_t x = number * 0x9E3779B1u;
    x = (x ^ x >> 15) * 0x85EBCA77u;
    x ^= x >> 13;
    return (int16_t)((x & 1) + (x >> 1 & 1) + (x >> 2 & 1) + (x >> 3 & 1) - 2);
}

static void lie_still(sensor_state *s, const sensor_kind *kind, int16_t *words, size_t count) {
    for (size_t i = 0; i < count; i++, s->rested++)
        words[i] = (int16_t)(kind->still[i % kind->axes] + (kind->noisy ? noise(s->rested) : 0));
}

// Hands out `samples` that are due: of the recording as far as it goes, then of the still board. The clock stands
// still: in which pieces the host sends them shall not show.
static void take(sensor_id id, int16_t *words, size_t samples) {
    sensor_state *s = &sensors[id];
    size_t left = samples * kinds[id].axes;
    clock_stop();
    while (left > 0) {
        if (s->taken == s->fetched && bus_offers(id)) fetch(id);
        size_t here = (size_t)(s->fetched - s->taken) < left ? (size_t)(s->fetched - s->taken) : left;
        if (here > 0) {
            memcpy(words, s->ahead + s->taken, here * sizeof *words);
            s->rested = 0;
        } else {
            here = left;
            lie_still(s, &kinds[id], words, here);
            s->taken = s->fetched = 0;
        }
        if (s->fetched) s->taken = (uint16_t)(s->taken + here);
        words += here;
        left -= here;
    }
    clock_run();
    advance(s, &kinds[id], (uint32_t)samples);
}

static int32_t start(sensor_id id, uint32_t rate_mhz) {
    sensor_state *s = &sensors[id];
    if (rate_mhz == 0 || rate_mhz > kinds[id].max_rate_mhz) return BOARD_ERR_RATE;
    memset(s, 0, sizeof *s);
    s->rate_mhz = rate_mhz;
    s->due = clock_now();
    advance(s, &kinds[id], 1);
    s->in_block = 0;
    return (int32_t)rate_mhz;
}

// Room for `count` samples that are due; those beyond the FIFO are lost, as in a real sensor.
static size_t ready(sensor_id id, size_t count) {
    if (!sensors_playing()) bus_poll(); // while it plays, the host speaks only when it is asked
    uint32_t due = available(&sensors[id], &kinds[id]);
    if (due > kinds[id].fifo) {
        discard(id, due - kinds[id].fifo);
        due = kinds[id].fifo;
    }
    return due < count ? due : count;
}

int32_t board_imu_start(uint32_t rate_mhz) {
    return start(SENSOR_IMU, rate_mhz);
}
int32_t board_mic_start(uint32_t rate_mhz) {
    return start(SENSOR_MIC, rate_mhz);
}
int32_t board_accel_start(uint32_t rate_mhz) {
    return start(SENSOR_ACCEL, rate_mhz);
}
uint32_t board_sensor_overruns(void) {
    return overruns;
}

size_t board_imu_read(board_imu_sample *samples, size_t count) {
    const size_t due = ready(SENSOR_IMU, count);
    for (size_t i = 0; i < due; i++) {
        samples[i].time_us = (uint32_t)(sensors[SENSOR_IMU].due / 1000);
        take(SENSOR_IMU, samples[i].axis, 1);
    }
    return due;
}

size_t board_mic_read(int16_t *pcm, size_t count) {
    const size_t due = ready(SENSOR_MIC, count);
    take(SENSOR_MIC, pcm, due);
    return due;
}

size_t board_accel_read(int16_t (*xyz)[3], size_t count) {
    const size_t due = ready(SENSOR_ACCEL, count);
    take(SENSOR_ACCEL, &xyz[0][0], due);
    return due;
}

uint8_t board_analog_channels(void) {
    return ANALOG_CHANNELS;
}

int32_t board_analog_start(uint32_t rate_mhz) {
    return start(SENSOR_ANALOG, rate_mhz);
}

size_t board_analog_read(int16_t *rows, size_t count) {
    const size_t due = ready(SENSOR_ANALOG, count);
    take(SENSOR_ANALOG, rows, due);
    return due;
}

// Of a recording alone: where none is played, nobody presses it, and it wakes nobody.
bool board_button(void) {
    static int16_t pressed;
    sensor_state *s = &sensors[SENSOR_BUTTON];
    if (!bus_offers(SENSOR_BUTTON) && s->taken == s->fetched) {
        pressed = 0;
        s->rate_mhz = 0; // the next recording begins when it comes, not when the first one did
        return false;
    }
    if (!s->rate_mhz) start(SENSOR_BUTTON, BUTTON_RATE_MHZ);
    while (ready(SENSOR_BUTTON, 1)) take(SENSOR_BUTTON, &pressed, 1);
    return pressed > 0;
}

void power_start(void) {
    start(SENSOR_POWER, POWER_RATE_MHZ);
}

size_t power_read(int16_t (*rows)[POWER_WORDS], size_t count, uint64_t *first) {
    const size_t due = ready(SENSOR_POWER, count);
    *first = sensors[SENSOR_POWER].due;
    if (due) take(SENSOR_POWER, &rows[0][0], due);
    return due;
}

bool sensors_playing(void) {
    for (int id = 0; id < SENSOR_COUNT; id++) {
        const sensor_state *s = &sensors[id];
        if (s->rate_mhz && (bus_offers((sensor_id)id) || s->taken < s->fetched)) return true;
    }
    return false;
}

bool sensors_next_due(uint64_t *time) {
    bool any = false;
    for (int id = 0; id < SENSOR_COUNT; id++) {
        const sensor_state *s = &sensors[id];
        uint64_t fraction;
        if (s->rate_mhz == 0) continue;
        if (id == SENSOR_POWER && !sensors_playing()) continue; // what flows through a shunt wakes nobody
        if (id == SENSOR_BUTTON && !bus_offers(SENSOR_BUTTON)) continue;
        const uint64_t due = s->due + span(s, block_of(s, &kinds[id]) - 1u - s->in_block, &fraction);
        if (!any || due < *time) *time = due;
        any = true;
    }
    return any;
}

#endif
