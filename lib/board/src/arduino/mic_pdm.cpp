// mic_pdm.cpp: the PDM microphone of the Arduino Nano and Seeed XIAO boards through the mbed core's PDM library.
#if defined(ARDUINO) && defined(BOARD_MIC_PDM)

#include <PDM.h>
#include <mbed.h>

#include "board/board.h"
#include "drivers.h"

#ifndef BOARD_MIC_FIFO
#define BOARD_MIC_FIFO 4096 // a power of two; two bytes each, a quarter of a second at 16 kHz
#endif

static int16_t ring[BOARD_MIC_FIFO];
static volatile uint32_t written, taken; // the interrupt writes one, the application the other
static volatile uint32_t dropped, told;  // likewise: samples that found no room
static rtos::EventFlags news;            // 1: samples have come

static uint32_t least(uint32_t a, uint32_t b, uint32_t c) {
    return a < b ? (a < c ? a : c) : b < c ? b : c;
}

// Samples from the library: an nRF52840 hands over 256 of them at a time, an RP2040 32 or 64.
static uint32_t fetch(int16_t *to, uint32_t count) {
    const int bytes = PDM.read(to, count * sizeof *to);
    return bytes > 0 ? (uint32_t)bytes / sizeof *to : 0;
}

// What finds no room: PDM stops for good where something was left to it.
static uint32_t throw_away(uint32_t count) {
    int16_t scrap[8];
    uint32_t done = 0, got = 1;
    for (; done < count && got; done += got) got = fetch(scrap, least(count - done, 8, 8));
    return done;
}

// In an interrupt, whose stack has 1,024 bytes: samples go right into the ring. What does not fit is dropped, and so is
// all that follows until the application has taken what there is and been told: so the gap lies behind all samples in
// the ring.
static void receive() {
    uint32_t at = written, left = (uint32_t)PDM.available() / sizeof *ring, got = 1;
    uint32_t room = dropped == told ? BOARD_MIC_FIFO - (at - taken) : 0;
    for (; left && room && got; at += got, left -= got, room -= got) {
        const uint32_t place = at % BOARD_MIC_FIFO;
        got = fetch(ring + place, least(left, room, BOARD_MIC_FIFO - place));
    }
    written = at;
    dropped = dropped + throw_away(left);
    news.set(1);
}

static bool has_rate(uint32_t rate_mhz) {
#ifdef TARGET_RP2040 // its library ends the program where 128 clocks a sample are more than 3.25 MHz
    if (rate_mhz > 25390000) return false;
#endif
    return rate_mhz % 1000 == 0;
}

static int32_t mic_begin(uint32_t rate_mhz) {
    PDM.onReceive(receive);
    if (!has_rate(rate_mhz) || !PDM.begin(1, (int)(rate_mhz / 1000))) return BOARD_ERR_RATE;
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

extern const mic_driver mic_sensor = {mic_begin, mic_read, BOARD_MIC_FIFO, mic_lost, mic_wait};

#endif
