// board.h: everything that an application may ask its board to do. No heap; one caller at a time, never an interrupt.
//
// Every board speaks the same units, so that the same recording gives the same integers everywhere:
// accelerometer 2048 counts per g (16 g full scale), gyroscope 16 counts per degree per second
// (2048 dps full scale), microphone signed 16-bit PCM. Drivers convert and saturate; applications never ask
// which board they are on.
//
// An application defines `setup()` and `loop()`, as in Arduino; boards without Arduino bring their own `main()`.
#ifndef BOARD_BOARD_H
#define BOARD_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus) && !defined(ARDUINO_ARCH_ESP32) // whose Arduino core declares these two as C++
extern "C" {
#endif
void setup(void); // the application's
void loop(void);  // the application's; called for ever, returns quickly
#if defined(__cplusplus) && !defined(ARDUINO_ARCH_ESP32)
}
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define BOARD_ACCEL_PER_G  2048 // counts per g
#define BOARD_GYRO_PER_DPS 16   // counts per degree per second
#define BOARD_IMU_AXES     6    // ax, ay, az, gx, gy, gz
#define BOARD_ANALOG_PER_V 1000 // counts per volt
#define BOARD_ANALOG_MAX   8    // analogue channels, at most

enum {
    BOARD_OK = 0,
    BOARD_ERR_ABSENT = -1,
    BOARD_ERR_SENSOR = -2,
    BOARD_ERR_RATE = -3,
    BOARD_ERR_STORE = -4,
    BOARD_ERR_FLASH = -5
};

typedef struct {
    uint32_t time_us;             // when the sample was taken, on the clock of board_micros()
    int16_t axis[BOARD_IMU_AXES]; // ax, ay, az, gx, gy, gz in counts
} board_imu_sample;

void board_init(void);
const char *board_name(void);   // "virtual", "nano33ble", ...: the part of the environment's name after the app
uint32_t board_micros(void);    // wraps after 71 minutes
uint32_t board_cycles(void);    // free-running; differences are valid across the wrap
uint32_t board_cycles_hz(void); // counts of board_cycles() per second
void board_sleep(void);         // until the next interrupt or due sample
void board_reset(void);         // does not return
void board_mark(bool high);     // a pin that instruments watch, such as a current meter; none on some boards
bool board_button(void);        // somebody presses the board's button; false where there is none

static inline uint32_t board_lap(uint32_t *start) { // cycles since *start, which becomes now
    const uint32_t now = board_cycles(), cycles = now - *start;
    *start = now;
    return cycles;
}

// Why the board last started, as far as it can tell; the same answer however often it is asked.
typedef enum {
    BOARD_RESET_UNKNOWN,
    BOARD_RESET_POWER,
    BOARD_RESET_PIN,
    BOARD_RESET_SOFTWARE, // board_reset()
    BOARD_RESET_WATCHDOG,
    BOARD_RESET_BROWNOUT,
    BOARD_RESET_FAULT // such as an access outside memory, or a stack overflow
} board_reset_cause;
board_reset_cause board_reset_reason(void);

// Starts a watchdog: it resets the board after `ms` of the board's own time without feeding, as exactly as it can
// count. Nothing stops it again. Its time stands still while the board waits for its host on purpose. False: no such
// watchdog.
bool board_watchdog_start(uint32_t ms);
void board_watchdog_feed(void);

// Console: the link's serial port. Neither call waits.
size_t board_console_read(uint8_t *bytes, size_t size);        // bytes taken, 0 when there are none
size_t board_console_write(const uint8_t *bytes, size_t size); // bytes accepted, 0..size
size_t board_console_room(void);                               // bytes a write would accept now

// Sensors: `start` asks for a rate in millihertz and returns the rate the sensor really runs at (the nearest it
// has), or a negative error. `read` returns how many samples were copied, oldest first, 0 when none is due.
// board_sensor_overruns() counts samples that were lost because the application read them too late.
int32_t board_imu_start(uint32_t rate_mhz);
size_t board_imu_read(board_imu_sample *samples, size_t count);
int32_t board_mic_start(uint32_t rate_mhz);
size_t board_mic_read(int16_t *pcm, size_t count);
int32_t board_accel_start(uint32_t rate_mhz); // accelerometer alone, at a rate for vibration
size_t board_accel_read(int16_t (*xyz)[3], size_t count);
uint8_t board_analog_channels(void);           // -D BOARD_ANALOG_PINS=A0,A1 on Arduino boards; 0 where there are none
int32_t board_analog_start(uint32_t rate_mhz); // all of them, one after the other
size_t board_analog_read(int16_t *rows, size_t count); // a value per channel and row
uint32_t board_sensor_overruns(void);

// I2C, for chips that an application drives itself: registers of the device at an address. Virtual boards have TI's
// INA228, INA226 and INA219 at 0x40, 0x41 and 0x44 (docs/sensor_bus.md).
int32_t board_i2c_start(uint32_t hz);                                           // BOARD_OK or an error
bool board_i2c_read(uint8_t address, uint8_t reg, uint8_t *bytes, size_t size); // false: it does not acknowledge
bool board_i2c_write(uint8_t address, uint8_t reg, const uint8_t *bytes, size_t size);
bool board_mark_read(void); // another board's board_mark(), at the pin BOARD_MARK_INPUT; false where there is none

// Store: a few small values by name (1..15 characters) that outlive board_reset(). Arduino boards with a key store or
// an emulated EEPROM keep them without power too (the EEPROM of the STM32 core: one value alone); `host` in files
// beside the program; `virtual` and `virtual-m3` in memory, as long as the emulator runs. A kept value may be damaged
// or come from other firmware, so give it a checksum. Each write wears the flash: never write in a loop.
#define BOARD_STORE_SIZE 1024                                       // bytes of a value, at most
size_t board_store_read(const char *key, void *bytes, size_t size); // bytes of the value, 0: none, or none so short
int32_t board_store_write(const char *key, const void *bytes, size_t size); // BOARD_OK or an error; size 0 takes it out

// Flash for what is written in the field: a part that the firmware does not use, with the rules of NOR flash that all
// boards share. An erase turns all bits of whole pages to 1. A program writes whole units, each of them once between
// two erases. Offsets count from the beginning of the part. BOARD_ERR_FLASH at an offset or size that is no multiple,
// outside the part, where a unit is not erased, and where the flash does not hold what was written. If the power fails
// meanwhile, the bytes of that call hold anything. The part outlives resets and the loss of power; on virtual boards,
// stopping and killing the emulator.
typedef struct {
    const uint8_t *bytes; // where the processor reads the part, aligned to 8; NULL where there is none
    uint32_t size;        // bytes, whole pages; 0 where there is none
    uint32_t page;        // bytes
    uint32_t unit;        // bytes
} board_flash_part;
board_flash_part board_flash(void);
int32_t board_flash_read(uint32_t at, void *bytes, size_t size); // BOARD_OK or BOARD_ERR_FLASH
int32_t board_flash_erase(uint32_t at, size_t size);
int32_t board_flash_program(uint32_t at, const void *bytes, size_t size);

// Memory: painted at start-up, so that the deepest use of the stack is known. 0 where the board cannot tell.
uint32_t board_stack_used(void);
uint32_t board_stack_size(void);

#ifdef __cplusplus
}
#endif
#endif
