// mic_inmp441.cpp: InvenSense INMP441 over I2S, on any ESP32 board: L/R to ground (left channel). Version 2 of the
// ESP32's Arduino core, whose I2S driver is ESP-IDF 4.4's driver/i2s.h; boards/*.ini pins it.
#if defined(ARDUINO) && defined(BOARD_MIC_INMP441)

#include <Arduino.h>
#include <driver/i2s.h>

#include "board/board.h"
#include "drivers.h"

#ifndef BOARD_I2S_SCK
#error "name the pins in boards/*.ini: BOARD_I2S_SCK, BOARD_I2S_WS, BOARD_I2S_SD"
#endif

static const int BUFFERS = 8, BUFFER_SAMPLES = 512;
static const size_t AT_ONCE = 64;
static QueueHandle_t news; // of full buffers

static int32_t mic_begin(uint32_t rate_mhz) {
    i2s_config_t config = {};
    config.mode = (i2s_mode_t)(I2S_MODE_MASTER | I2S_MODE_RX);
    config.sample_rate = rate_mhz / 1000;
    config.bits_per_sample = I2S_BITS_PER_SAMPLE_32BIT; // 24 of them from the microphone, in the upper end
    config.channel_format = I2S_CHANNEL_FMT_ONLY_LEFT;
    config.communication_format = I2S_COMM_FORMAT_STAND_I2S;
    config.dma_buf_count = BUFFERS;
    config.dma_buf_len = BUFFER_SAMPLES;
    i2s_pin_config_t pins = {};
    pins.mck_io_num = I2S_PIN_NO_CHANGE;
    pins.bck_io_num = BOARD_I2S_SCK;
    pins.ws_io_num = BOARD_I2S_WS;
    pins.data_in_num = BOARD_I2S_SD;
    pins.data_out_num = I2S_PIN_NO_CHANGE;
    if (rate_mhz % 1000) return BOARD_ERR_RATE;
    if (i2s_driver_install(I2S_NUM_0, &config, BUFFERS, &news) != ESP_OK) return BOARD_ERR_SENSOR;
    return i2s_set_pin(I2S_NUM_0, &pins) == ESP_OK ? (int32_t)rate_mhz : (int32_t)BOARD_ERR_SENSOR;
}

static size_t mic_read(int16_t *pcm, size_t count) {
    int32_t block[AT_ONCE];
    size_t done = 0, bytes = 1;
    while (done < count && bytes > 0) {
        const size_t wanted = count - done < AT_ONCE ? count - done : AT_ONCE;
        if (i2s_read(I2S_NUM_0, block, wanted * sizeof *block, &bytes, 0) != ESP_OK) break;
        for (size_t i = 0; i < bytes / sizeof *block; i++) pcm[done++] = (int16_t)(block[i] >> 16);
    }
    return done;
}

static void mic_wait(uint32_t ms) {
    i2s_event_t event;
    xQueueReceive(news, &event, pdMS_TO_TICKS(ms));
}

const mic_driver mic_sensor = {mic_begin, mic_read, BUFFERS *BUFFER_SAMPLES, NULL, mic_wait};

#endif
