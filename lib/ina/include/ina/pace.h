// pace.h: counts samples that a chip completed and nobody took. The chip overwrites them and does not say so. The count
// comes from the time between taken samples; the chip's clock is off by some per cent, so its period is learnt as well.
#ifndef INA_PACE_H
#define INA_PACE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {             // fields are private
    int32_t nominal, period; // in sixteenths of a microsecond
    int32_t late;            // by which the last sample was taken
    uint32_t last_us;
    bool running;
} ina_pace;

void ina_pace_start(ina_pace *p, uint32_t period_us);        // nominal; the next sample is the first
uint32_t ina_pace_missed(ina_pace *p, uint32_t taken_at_us); // just before this one, which was taken then

#ifdef __cplusplus
}
#endif
#endif
