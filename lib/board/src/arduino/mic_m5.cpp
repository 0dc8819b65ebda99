// mic_m5.cpp: the microphone of an M5Stack through M5Unified: an SPM1423 on PDM (Core2), or the mean of two microphones
// behind an ES7210 (CoreS3). A task of M5Unified fills two blocks at a time; this file reads a third one meanwhile.
#if defined(ARDUINO) && defined(BOARD_MIC_M5)

#include <Arduino.h>

#include "board/board.h"
#include "drivers.h"
#include "m5.h"

enum { BLOCK_SAMPLES = 512, BLOCKS = 3, QUEUED = 2, START_MS = 100 };

static int16_t blocks[BLOCKS][BLOCK_SAMPLES];
static size_t current, taken; // the block that is read, and samples of it
static uint32_t rate_hz;

static bool fill(size_t block) {
    return M5.Mic.record(blocks[block], BLOCK_SAMPLES, rate_hz, false);
}

static int32_t mic_begin(uint32_t rate_mhz) {
    m5_begin();
    if (rate_mhz % 1000 || rate_mhz < 8000000 || rate_mhz > 48000000) return BOARD_ERR_RATE;
    rate_hz = rate_mhz / 1000;
    current = 0;
    taken = BLOCK_SAMPLES; // block 0 has been read
    if (!M5.Mic.isEnabled() || !fill(1) || !fill(2)) return BOARD_ERR_SENSOR;
    for (int ms = 0; ms < START_MS; ms++, delay(1)) // until its task runs, it says that it records nothing
        if (M5.Mic.isRecording() > 0) return (int32_t)rate_mhz;
    return BOARD_ERR_SENSOR;
}

// The block that was read is filled again, behind the one that fills now.
static bool next_block() {
    if (M5.Mic.isRecording() >= QUEUED) return false;
    fill(current);
    current = (current + 1) % BLOCKS;
    taken = 0;
    return true;
}

static size_t mic_read(int16_t *pcm, size_t count) {
    size_t done = 0;
    while (done < count && (taken < BLOCK_SAMPLES || next_block())) pcm[done++] = blocks[current][taken++];
    return done;
}

static void mic_wait(uint32_t ms) {
    for (; ms > 0 && M5.Mic.isRecording() >= QUEUED; ms--) delay(1);
}

extern const mic_driver mic_sensor = {mic_begin, mic_read, QUEUED *BLOCK_SAMPLES, NULL, mic_wait};

#endif
