// pdm.cpp: lib/board's driver of PDM microphones over a simulated library that hands over so many samples at a time,
// and ends for good where some were left to it, as the real one does.
//   pdm BLOCK READ_EVERY BLOCKS    the application reads after so many blocks
// Prints samples taken, samples told as lost, whether they came in order with gaps where told, and blocks handed over.
#include <PDM.h>
#include <mbed.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers.h"

static void (*receive)();
static int16_t block[256];
static int size, offset;
static bool ended;
PDMClass PDM(0, 0, 0);
PDMClass::PDMClass(int, int, int) {}
int PDMClass::begin(int, int) {
    return 1;
}
int PDMClass::available() {
    return (size - offset) * 2;
}
int PDMClass::read(void *to, size_t bytes) {
    const int count = (int)bytes / 2 < size - offset ? (int)bytes / 2 : size - offset;
    memcpy(to, block + offset, (size_t)count * 2);
    offset += count;
    return count * 2;
}
void PDMClass::onReceive(void (*function)(void)) {
    receive = function;
}
rtos::EventFlags::EventFlags() {}
uint32_t rtos::EventFlags::set(uint32_t) {
    return 0;
}
uint32_t rtos::EventFlags::wait_any_for(uint32_t, std::chrono::duration<uint32_t, std::milli>, bool) {
    return 0;
}

static uint32_t taken, lost, expected, handed;
static bool in_order = true;

static void take_all() {
    int16_t pcm[100];
    for (;;) {
        const uint32_t gap = mic_sensor.lost();
        const size_t count = mic_sensor.read(pcm, sizeof pcm / sizeof *pcm);
        lost += gap;
        expected += gap;
        if (!count && !gap) return;
        for (size_t i = 0; i < count; i++) in_order &= pcm[i] == (int16_t)expected++;
        taken += (uint32_t)count;
    }
}

int main(int, char **argv) {
    const int block_size = atoi(argv[1]), every = atoi(argv[2]), blocks = atoi(argv[3]);
    int16_t sample = 0;
    mic_sensor.begin(16000000);
    for (int i = 0; i < blocks && !ended; i++) {
        ended = size > offset; // something was left
        for (size = 0; size < block_size; size++) block[size] = sample++;
        offset = 0;
        handed++;
        receive();
        if (i % every == every - 1) take_all();
    }
    take_all();
    printf("%u %u %d %u\n", taken, lost, in_order, handed);
}
