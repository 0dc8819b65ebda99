// mic_pdm.cpp: the PDM microphone of the Arduino Nano boards through the mbed core's PDM library.
#if defined(ARDUINO) && defined(BOARD_MIC_PDM)

#include <PDM.h>
#include <mbed.h>

#include "board/board.h"
#include "drivers.h"

#ifndef BOARD_MIC_FIFO
#define BOARD_MIC_FIFO 4096 // a power of two; two bytes each, a quarter of a second at 16 kHz
#endif
#define AT_ONCE 256 // samples that PDM hands over together

static int16_t ring[BOARD_MIC_FIFO];
static volatile uint32_t written, taken; // the interrupt writes one, the application the other
static volatile uint32_t dropped, told;  // likewise: samples that found no room
static rtos::EventFlags news;            // 1: samples have come

// In an interrupt. What does not fit is dropped, and so is all that follows until the application has taken what there
// is and been told: so the gap lies behind all samples in the ring.
static void receive() {
    int16_t block[AT_ONCE];
    const int bytes = PDM.available();
    const int samples = PDM.read(block, bytes < (int)sizeof block ? (size_t)bytes : sizeof block) / 2;
    uint32_t at = written, left = samples > 0 ? (uint32_t)samples : 0;
    for (int i = 0; dropped == told && left && at - taken < BOARD_MIC_FIFO; i++, left--)
        ring[at++ % BOARD_MIC_FIFO] = block[i];
    written = at;
    dropped = dropped + left;
    news.set(1);
}

static int32_t mic_begin(uint32_t rate_mhz) {
    PDM.onReceive(receive);
    if (rate_mhz % 1000 || !PDM.begin(1, (int)(rate_mhz / 1000))) return BOARD_ERR_RATE;
    return (int32_t)rate_mhz;
}

static size_t mic_read(int16_t *pcm, size_t count) {
    size_t done = 0;
    for (; done < count && taken != written; done++) {
        pcm[done] = ring[taken % BOARD_MIC_FIFO];
        taken = taken + 1;
    }
    return done;
}

static uint32_t mic_lost() {
    const uint32_t more = dropped - told; // the interrupt may add to it now: then the rest is told next time
    if (taken != written) return 0;
    told = told + more;
    return more;
}

static void mic_wait(uint32_t ms) {
    news.wait_any_for(1, std::chrono::milliseconds(ms));
}

const mic_driver mic_sensor = {mic_begin, mic_read, BOARD_MIC_FIFO, mic_lost, mic_wait};

#endif
