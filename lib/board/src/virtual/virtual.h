// virtual.h: what a board without real sensors brings (src/mps2, src/host), and what it gets (sensors.c, bus.c).
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
void clock_stop(void);
void clock_run(void);
void clock_skip_to(uint64_t time);     // nothing happens until then: be there at once
void clock_sleep_until(uint64_t time); // or until a byte comes in
bool bus_get(uint8_t *byte);           // the sensor bus; false when there is none
void bus_put(uint8_t byte);            // waits for room, but never for ever
bool bus_wait(uint32_t milliseconds);  // host's time, clock stopped; true when a byte is there
bool bus_restarted(void);              // true once after a board_reset() that bus_restart() asked for
void bus_restart(void);                // resets the board; does not return

// The sensors of a virtual board.
typedef enum { SENSOR_IMU, SENSOR_MIC, SENSOR_ACCEL, SENSOR_COUNT } sensor_id;
enum { SENSOR_MAX_WORDS = 256 }; // int16 in one block on the bus

void sensors_init(void);
bool sensors_next_due(uint64_t *time); // false when no sensor runs
bool sensors_playing(void);            // a host feeds at least one of them

// The bus (docs/sensor_bus.md).
typedef struct {
    sensor_id sensor;
    uint32_t rate_mhz, skip;
    uint16_t count; // samples wanted, 1..
} bus_request;

void bus_init(void);
void bus_poll(void);                                                       // takes what the host announces
bool bus_offers(sensor_id sensor);                                         // the host has a recording for it
size_t bus_fetch(const bus_request *request, int16_t *words, size_t size); // words received, 0: still sensor

#endif
