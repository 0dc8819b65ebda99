// firmware.h: the firmware that runs, on boards whose boot stage starts one of several: the one that was flashed, or
// one from the end of the flash part. Other boards do not have this.
#ifndef BOARD_FIRMWARE_H
#define BOARD_FIRMWARE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const uint8_t *bytes; // as it runs
    uint32_t size;
    uint32_t id;    // of its build
    uint32_t start; // where the firmware's share of the flash part begins; models have what lies before
    uint32_t room;  // bytes of that share
} board_firmware_part;
board_firmware_part board_firmware(void);

#ifdef __cplusplus
}
#endif
#endif
