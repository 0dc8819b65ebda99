// Many windows in one call from Python (ml/classical/features.py).
#include "classical/features.h"

#include <stddef.h>

void features_of_windows(const int8_t *windows, size_t count, uint8_t rows, uint8_t channels, int8_t *out) {
    for (size_t i = 0; i < count; i++)
        classical_features(windows + i * rows * channels, rows, channels, out + i * channels * CLASSICAL_FEATURES);
}
