// virtual.h: what a board without real sensors brings (src/mps2, src/host), and what it gets (src/virtual).
//
// Board time stands still while the board waits for its host, so that what it measures does not depend on the
// host's speed.
#ifndef BOARD_VIRTUAL_H
#define BOARD_VIRTUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Brought by the back end. Times are board time in nanoseconds since the start.
uint64_t clock_now(void);
void clock_stop(void); // may be called again before clock_run(): the clock runs after as many of those
void clock_run(void);
void clock_skip_to(uint64_t time);     // nothing happens until then: be there at once
void clock_sleep_until(uint64_t time); // or until a byte comes in

typedef enum { PORT_CONSOLE, PORT_BUS, PORT_COUNT } port_id;
bool port_get(port_id port, uint8_t *byte);                       // false when there is none
size_t port_put(port_id port, const uint8_t *bytes, size_t size); // bytes accepted now
bool port_wait_byte(port_id port, uint32_t milliseconds);         // of host time, clock stopped; true: there is one
bool port_wait_room(port_id port, uint32_t milliseconds);         // likewise

const uint8_t *shared_memory(uint32_t *size); // that the host may see too; NULL: none

#ifdef BOARD_MPS2 // of the part that board_flash_* write
enum { FLASH_SIZE = 1024l * 1024 };
#else
enum { FLASH_SIZE = 512l * 1024 };
#endif
uint8_t *flash_memory(void);                  // FLASH_SIZE bytes that outlive the board
void flash_changed(uint32_t at, size_t size); // these of them

void restart(void);   // resets the board on the host's wish; does not return
bool restarted(void); // true after such a reset

// Bytes sent, fewer than `size` only when the listener takes nothing for `patience_ms`. With the clock stopped.
size_t port_send(port_id port, const uint8_t *bytes, size_t size, uint32_t patience_ms);

// Sensors of a board that lies still on a table, or of a recording that the host plays.
typedef enum {
    SENSOR_IMU,
    SENSOR_MIC,
    SENSOR_ACCEL,
    SENSOR_ANALOG,
    SENSOR_POWER,
    SENSOR_BUTTON,
    SENSOR_COUNT
} sensor_id;
enum { SENSOR_MAX_WORDS = 256 }; // int16 in one block on the bus

void sensors_init(void);
bool sensors_next_due(uint64_t *time); // false when no sensor runs
bool sensors_playing(void);            // a host feeds at least one of them

// What flows through the shunt that the chips on I2C watch, every 100 us: current in 10 nA (low word, high word), bus
// in millivolts, 1 while the mark is high.
enum { POWER_WORDS = 4 };
void power_start(void);
size_t power_read(int16_t (*rows)[POWER_WORDS], size_t count, uint64_t *first); // those that are due

// The sensor bus, docs/sensor_bus.md.
typedef struct {
    sensor_id sensor;
    uint32_t rate_mhz;
    uint32_t lost; // samples the application was too late for, since the last request
    uint32_t skip; // those of them that were not fetched yet
    uint8_t axes;  // words in a sample
} bus_request;

void bus_init(void);
void bus_poll(void);               // takes what the host announces
bool bus_offers(sensor_id sensor); // the host has a recording for it
size_t bus_fetch(const bus_request *request, int16_t *words,
                 size_t size); // words; 0: none left. With the clock stopped

#endif
