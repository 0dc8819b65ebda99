// ESP-IDF 4.4, components/driver/include/driver/i2s.h and components/hal/include/hal/i2s_types.h. Read, in
// espressif/esp-idf: hal/i2s_types.h (07410a1) and driver/i2s.h (055cc25), both of releases before 4.4, for the names
// and values; of 4.4 the structure of the pins, and that sample_rate is unsigned.
#ifndef DRIVER_I2S_H
#define DRIVER_I2S_H
#include <Arduino.h>
#include <esp_err.h>

#define I2S_PIN_NO_CHANGE (-1)
typedef enum { I2S_NUM_0 = 0, I2S_NUM_1 = 1 } i2s_port_t;
typedef enum { I2S_MODE_MASTER = 1, I2S_MODE_SLAVE = 2, I2S_MODE_TX = 4, I2S_MODE_RX = 8 } i2s_mode_t;
typedef enum { I2S_BITS_PER_SAMPLE_16BIT = 16, I2S_BITS_PER_SAMPLE_32BIT = 32 } i2s_bits_per_sample_t;
typedef enum {
    I2S_CHANNEL_FMT_RIGHT_LEFT = 0,
    I2S_CHANNEL_FMT_ALL_RIGHT,
    I2S_CHANNEL_FMT_ALL_LEFT,
    I2S_CHANNEL_FMT_ONLY_RIGHT,
    I2S_CHANNEL_FMT_ONLY_LEFT
} i2s_channel_fmt_t;
typedef enum { I2S_COMM_FORMAT_STAND_I2S = 1, I2S_COMM_FORMAT_STAND_MSB = 2 } i2s_comm_format_t;
typedef enum { I2S_EVENT_DMA_ERROR, I2S_EVENT_TX_DONE, I2S_EVENT_RX_DONE } i2s_event_type_t;
typedef struct {
    i2s_mode_t mode;
    uint32_t sample_rate;
    i2s_bits_per_sample_t bits_per_sample;
    i2s_channel_fmt_t channel_format;
    i2s_comm_format_t communication_format;
    int intr_alloc_flags;
    int dma_buf_count;
    int dma_buf_len; // frames
    bool use_apll;
    bool tx_desc_auto_clear;
    int fixed_mclk;
} i2s_config_t;
typedef struct {
    int mck_io_num;
    int bck_io_num;
    int ws_io_num;
    int data_out_num;
    int data_in_num;
} i2s_pin_config_t;
typedef struct {
    i2s_event_type_t type;
    size_t size;
} i2s_event_t;
extern "C" {
esp_err_t i2s_driver_install(i2s_port_t i2s_num, const i2s_config_t *i2s_config, int queue_size, void *i2s_queue);
esp_err_t i2s_set_pin(i2s_port_t i2s_num, const i2s_pin_config_t *pin);
esp_err_t i2s_read(i2s_port_t i2s_num, void *dest, size_t size, size_t *bytes_read, TickType_t ticks_to_wait);
}
#endif
