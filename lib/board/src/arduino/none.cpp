// none.cpp: sensors that a board does not have, or that have no driver yet.
#if defined(ARDUINO) && (defined(BOARD_IMU_NONE) || defined(BOARD_MIC_NONE))

#include "board/board.h"
#include "drivers.h"

static int32_t absent(uint32_t) {
    return BOARD_ERR_ABSENT;
}

#ifdef BOARD_IMU_NONE
static bool no_sample(float *, float *) {
    return false;
}
const imu_driver imu_sensor = {absent, no_sample, 0};
#endif

#ifdef BOARD_MIC_NONE
static size_t no_sound(int16_t *, size_t) {
    return 0;
}
const mic_driver mic_sensor = {absent, no_sound, 0, NULL, NULL};
#endif

#endif
