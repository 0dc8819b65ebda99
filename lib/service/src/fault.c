// Describes a fault of a sensor in words for the host.
#include "core.h"

const char *service_sensor_fault(int32_t started, uint32_t least_mhz, uint32_t most_mhz) {
    if (started == BOARD_ERR_ABSENT) return NULL;
    if (started == BOARD_ERR_RATE) return "the sensor has no rate that is near enough";
    if (started <= 0) return "the sensor does not answer";
    if ((uint32_t)started < least_mhz) return "the sensor is slower than the model wants it";
    return (uint32_t)started > most_mhz ? "the sensor is faster than the model wants it" : NULL;
}
