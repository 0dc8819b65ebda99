#include "frontend/motion.h"

#include "frontend/integer.h"
#include <string.h>

enum { EXTRA_BITS = 16 };

void motion_init(motion *m, uint8_t shift) {
    memset(m, 0, sizeof *m);
    m->shift = shift;
}

static uint32_t length(const int32_t x[MOTION_AXES]) {
    uint64_t sum = 0;
    for (int axis = 0; axis < MOTION_AXES; axis++) sum += (uint64_t)((int64_t)x[axis] * x[axis]);
    return square_root(sum);
}

motion_values motion_push(motion *m, const int16_t sample[MOTION_AXES]) {
    motion_values values;
    int32_t whole[MOTION_AXES], change[MOTION_AXES];
    for (int axis = 0; axis < MOTION_AXES; axis++) {
        const int64_t now = (int64_t)sample[axis] * (INT32_C(1) << EXTRA_BITS);
        if (!m->started) m->gravity[axis] = now, m->last[axis] = sample[axis];
        m->gravity[axis] += (now - m->gravity[axis]) >> m->shift;
        values.gravity[axis] = (int16_t)((m->gravity[axis] + (1 << (EXTRA_BITS - 1))) >> EXTRA_BITS);
        whole[axis] = sample[axis];
        values.linear[axis] = sample[axis] - values.gravity[axis];
        change[axis] = sample[axis] - m->last[axis];
    }
    values.magnitude = length(whole);
    values.linear_magnitude = length(values.linear);
    values.jerk = length(change);
    m->started = true;
    memcpy(m->last, sample, sizeof m->last);
    return values;
}
