// peak.h: one example out of the windows in which something is shown: the mean of those in which most of it is in view.
//
// The application says of each window how much there is in it. An example begins with the first window in which there
// is something; all but the first of a lesson need a quarter of what the one before had. It ends when there is nothing
// any more, or half as much as there was, or after `longest` windows. The next one can begin when there was less than
// that quarter.
#ifndef LEARN_PEAK_H
#define LEARN_PEAK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {  // fields are private but for `taken` and `windows`
    int16_t *sum; // features
    uint8_t features;
    uint8_t longest; // windows, 1 and up
    uint32_t most;   // that there was in a window
    uint32_t least;  // with which an example begins
    uint8_t windows; // in the sum, at most 255
    uint8_t since;   // windows since the first
    bool taken;      // the latest window is in the sum
    bool over;       // the example is complete: wait until there is little
} learn_peak;

void learn_peak_reset(learn_peak *p); // the next example is the first
void learn_peak_drop(learn_peak *p);  // what was seen of one
// `level` 0: there is nothing; the features are not looked at. True: an example is complete.
bool learn_peak_push(learn_peak *p, uint32_t level, const int8_t *features);
void learn_peak_example(const learn_peak *p, int8_t *x);

#ifdef __cplusplus
}
#endif
#endif
