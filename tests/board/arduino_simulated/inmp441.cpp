// inmp441.cpp: lib/board's driver of the INMP441 over a simulated I2S port, one of whose two slots the microphone
// fills.
//   inmp441 SLOT EMPTY    EMPTY: what the other slot reads: 0, 1 (all ones), 2 (now this, now that)
// Prints how many of the last thousand samples are the microphone's.
#include <Arduino.h>
#include <driver/i2s.h>
#include <stdio.h>
#include <stdlib.h>

#include "drivers.h"

static int filled, empty;
static uint32_t frame, noise = 1;
static i2s_config_t asked;

static int32_t voice(uint32_t at) { // 24 bits: the microphone's own noise, and nothing more for a while
    noise = noise * 1664525 + 1013904223;
    const int32_t hiss = (int32_t)(noise >> 22) - 512;
    return (hiss + (at > 8000 ? (int32_t)(at % 100) * 20000 : 0)) * 256;
}

esp_err_t i2s_driver_install(i2s_port_t, const i2s_config_t *config, int, void *) {
    asked = *config;
    return ESP_OK;
}
esp_err_t i2s_set_pin(i2s_port_t, const i2s_pin_config_t *) {
    return ESP_OK;
}
static int32_t last;
esp_err_t i2s_read(i2s_port_t, void *to, size_t size, size_t *read, TickType_t) {
    const size_t slots = asked.channel_format == I2S_CHANNEL_FMT_RIGHT_LEFT ? 2 : 1;
    int32_t *words = (int32_t *)to;
    for (size_t i = 0; i < size / 4 / slots; i++, frame++) {
        last = voice(frame);
        const int32_t nothing = empty == 2 ? -(int32_t)(frame / 3 % 2) : -empty;
        for (size_t slot = 0; slot < slots; slot++) *words++ = (int)slot == filled ? last : nothing;
    }
    *read = size;
    return ESP_OK;
}
BaseType_t xQueueReceive(QueueHandle_t, void *, TickType_t) {
    return 1;
}

int main(int, char **argv) {
    int16_t pcm;
    int same = 0;
    filled = atoi(argv[1]);
    empty = atoi(argv[2]);
    const int32_t rate = mic_sensor.begin(16000000);
    for (int i = 0; i < 12000; i++)
        if (mic_sensor.read(&pcm, 1) && i >= 11000) same += pcm == (int16_t)(last >> 16);
    const bool fits = (size_t)asked.dma_buf_len * 2 * 4 <= 4092;
    printf("%d %d %d\n", rate, same, fits);
}
