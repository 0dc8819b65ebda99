// m5.h: M5Unified, started once: it finds out which M5Stack it runs on and switches the supplies of its sensors on.
#ifndef BOARD_M5_H
#define BOARD_M5_H

#include <M5Unified.h>

static inline void m5_begin() {
    auto config = M5.config();
    config.serial_baudrate = 0;  // Serial is the console
    config.internal_spk = false; // on a Core2 it shares its I2S port with the microphone
    config.output_power = false; // of the outer ports: what hangs there brings its own
    M5.begin(config);            // the second time it does nothing
}

#endif
