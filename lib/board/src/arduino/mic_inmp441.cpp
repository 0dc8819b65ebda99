// mic_inmp441.cpp: InvenSense INMP441 over I2S, on any ESP32 board. Version 2 of the ESP32's Arduino core, whose I2S
// driver is ESP-IDF 4.4's driver/i2s.h; boards/*.ini pins it.
//
// The microphone fills one of the two slots of a frame: the left one with its pin L/R at ground. Which of the two words
// in memory that is differs between the chips and releases of the driver (esp-idf, issue 9635), and with one slot asked
// for, it may be the empty one. So both are read, and the one that moves is kept.
#if defined(ARDUINO) && defined(BOARD_MIC_INMP441)

#include <Arduino.h>
#include <driver/i2s.h>
#include <stdlib.h>

#include "board/board.h"
#include "drivers.h"

#ifndef BOARD_I2S_SCK
#error "name the pins in boards/*.ini: BOARD_I2S_SCK, BOARD_I2S_WS, BOARD_I2S_SD"
#endif

enum { SLOTS = 2, BUFFERS = 16, BUFFER_FRAMES = 256 }; // a buffer has at most 4,092 bytes
static const size_t AT_ONCE = 64;
static const uint32_t MOVED = 1u << 14, TIMES_MORE = 8;
static QueueHandle_t news; // of full buffers

static struct {
    int32_t last[SLOTS];
    uint32_t moved[SLOTS]; // sum of the steps from one sample to the next, in counts of 16 bits
    int slot;
    bool sure;
} search;

// The microphone's own noise moves its slot within some thousand frames. A slot that nobody drives stays, or follows
// the last bit of the other: then its 24 bits are all 0 or all 1, which are 0 and -1.
static void look_at(const int32_t *frame) {
    for (int slot = 0; slot < SLOTS; slot++) {
        const int32_t now = frame[slot] >> 8; // 24 bits
        search.moved[slot] += (uint32_t)labs((long)(now - search.last[slot])) >> 4;
        search.last[slot] = now;
    }
    if ((search.moved[0] | search.moved[1]) >> 30) search.moved[0] /= 2, search.moved[1] /= 2;
    const int more = search.moved[1] > search.moved[0];
    search.slot = more;
    search.sure = search.moved[more] > MOVED && search.moved[more] / TIMES_MORE > search.moved[!more];
}

static int32_t mic_begin(uint32_t rate_mhz) {
    i2s_config_t config = {};
    config.mode = (i2s_mode_t)(I2S_MODE_MASTER | I2S_MODE_RX);
    config.sample_rate = rate_mhz / 1000;
    config.bits_per_sample = I2S_BITS_PER_SAMPLE_32BIT; // 24 of them from the microphone, in the upper end
    config.channel_format = I2S_CHANNEL_FMT_RIGHT_LEFT;
    config.communication_format = I2S_COMM_FORMAT_STAND_I2S;
    config.dma_buf_count = BUFFERS;
    config.dma_buf_len = BUFFER_FRAMES;
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
    int32_t frames[AT_ONCE][SLOTS];
    size_t done = 0, bytes = 1;
    while (done < count && bytes > 0) {
        const size_t wanted = count - done < AT_ONCE ? count - done : AT_ONCE;
        if (i2s_read(I2S_NUM_0, frames, wanted * sizeof *frames, &bytes, 0) != ESP_OK) break;
        for (size_t i = 0; i < bytes / sizeof *frames; i++) {
            if (!search.sure) look_at(frames[i]);
            pcm[done++] = (int16_t)(frames[i][search.slot] >> 16);
        }
    }
    return done;
}

static void mic_wait(uint32_t ms) {
    i2s_event_t event;
    xQueueReceive(news, &event, pdMS_TO_TICKS(ms));
}

extern const mic_driver mic_sensor = {mic_begin, mic_read, BUFFERS *BUFFER_FRAMES, NULL, mic_wait};

#endif
