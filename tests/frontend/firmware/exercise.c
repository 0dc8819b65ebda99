#include "exercise.h"

#include "config.h" // words_config, cepstra_config, machine_config: written by the test
#include "frontend/imu.h"
#include "frontend/motion.h"
#include "frontend/vad.h"
#include <stddef.h>
#include <string.h>

enum { BLOCK = 2048, KINDS = 6 };

static uint32_t crc, noise;
static int16_t block[BLOCK];

static void note(const void *bytes, size_t size) {
    for (const uint8_t *byte = bytes; size--; byte++) {
        crc ^= *byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
}

static int16_t sample(int kind, int up, size_t i) {
    noise = noise * 1664525u + 1013904223u;
    const int32_t amplitude = (1 << up) - 1;
    switch (kind) {
    case 0:
        return (int16_t)((int64_t)(int16_t)(noise >> 16) * amplitude / 32768); // noise
    case 1:
        return (int16_t)(i / 7 % 2 ? amplitude : -amplitude - 1); // a square wave
    case 2:
        return (int16_t)(noise >> 31 ? amplitude : -amplitude - 1); // signs
    case 3:
        return (int16_t)(i % 100 == 5 ? amplitude : 0); // pulses
    case 4:
        return (int16_t)(-amplitude - 1); // a constant
    default:
        return (int16_t)((int64_t)((int32_t)(i * i * 37 % 65536) - 32768) * amplitude / 32768); // a sweep
    }
}

static void fill(int kind, int up) {
    for (size_t i = 0; i < BLOCK; i++) block[i] = sample(kind, up, i);
}

static void transforms(void) {
    static const fft_plan *const plans[] = {&fft_64, &fft_128, &fft_256, &fft_512, &fft_1024, &fft_2048};
    static uint32_t samples[BLOCK / 2], bins[BLOCK / 2 + 1];
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        memcpy(samples, block, plans[i]->size * sizeof *block);
        const int exponent = fft_real(plans[i], samples, bins);
        note(&exponent, sizeof exponent);
        note(bins, (plans[i]->size / 2u + 1) * sizeof *bins);
    }
}

static void sound(logmel *m, vad *v) {
    int8_t frame[LOGMEL_MAX_BANDS];
    for (size_t taken = 0; taken < BLOCK;) {
        const uint32_t room = (uint32_t)logmel_room(m);
        taken += logmel_push(m, block + taken, BLOCK - taken);
        if (!logmel_pop(m, frame)) continue;
        const uint32_t level = vad_push(v, frame);
        note(&level, sizeof level);
        note(&room, sizeof room);
        note(frame, m->config->cepstra ? m->config->cepstra : m->config->bands);
    }
    note(&m->clipped_low, sizeof m->clipped_low);
}

static void movement(vibration *v, motion *m, imu_frontend *f) {
    int8_t features[VIBRATION_MAX_FEATURES];
    static int8_t window[32 * IMU_AXES];
    for (size_t i = 0; i + IMU_AXES <= BLOCK; i += 3) {
        const motion_values values = motion_push(m, block + i);
        note(values.gravity, sizeof values.gravity);
        note(&values.jerk, sizeof values.jerk);
        note(&values.linear_magnitude, sizeof values.linear_magnitude);
        vibration_push(v, block + i, 1);
        if (vibration_pop(v, features)) note(features, vibration_features(v->config));
        if (!imu_push(f, block + i)) continue;
        imu_window(f, window);
        note(window, sizeof window);
    }
}

uint32_t exercise(void) {
    static logmel words, cepstra;
    static vibration machine;
    static motion person;
    static imu_frontend wrist;
    static int16_t history[32][IMU_AXES];
    static const imu_config wrist_config = {
        100000, 32, 16, true, {-32768, 300, 7, 1, 100, 32767}, 9, 5, {20, {0, 9830, 13107}, 0}};
    static vad voice;
    static const vad_config voice_config = {1, 11, -100 * 256, 30, 300};
    vad_init(&voice, &voice_config);
    logmel_init(&words, &words_config);
    logmel_init(&cepstra, &cepstra_config);
    vibration_init(&machine, &machine_config);
    motion_init(&person, 5);
    imu_init(&wrist, &wrist_config, 119000, history);
    crc = noise = 1;
    for (int kind = 0; kind < KINDS; kind++) {
        for (int up = 15; up >= 0; up -= 5) {
            fill(kind, up);
            transforms();
            sound(&words, &voice);
            sound(&cepstra, &voice);
            movement(&machine, &person, &wrist);
        }
    }
    return crc;
}
