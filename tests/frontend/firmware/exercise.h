// exercise.h: every front end on sound and movement of every size, up to the extremes; the checksum of what they make.
#ifndef EXERCISE_H
#define EXERCISE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint32_t exercise(void);

#ifdef __cplusplus
}
#endif
#endif
