// service.h: the device's end of the link: it answers the host's commands, and tells it what the application does.
//
// The application owns its loop and its data. In every turn of the loop it calls service_poll, takes its next samples
// with service_read_imu, _mic or _accel (from the host while the host injects samples, otherwise from the sensor), and
// reports its result. The service never waits for the host: it drops whole frames that do not fit into the queue, and
// counts them. No heap; one service per program.
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "board/board.h"
#include "decide/decide.h"
#include "decide/gate.h"
#include "health/health.h"
#include "link/cbor.h"
#include "nn/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SERVICE_QUEUE
#define SERVICE_QUEUE 2048 // bytes on their way to the host, 2 * LINK_MAX_ENCODED + SERVICE_BATCH + 16 and up; RAM
#endif
#ifndef SERVICE_MAX_SENSORS
#define SERVICE_MAX_SENSORS 1 // raw streams of an application, 1..16; costs SERVICE_BATCH bytes each
#endif
#ifndef SERVICE_BATCH
#define SERVICE_BATCH 192 // bytes of samples in a frame, one row and up, at most LINK_MAX_PAYLOAD
#endif
#ifndef SERVICE_KEPT
#define SERVICE_KEPT 8 // events kept until a host has stored them (LINK_EVENTS): a power of two up to 128; 32 B each
#endif
#ifndef SERVICE_WINDOWS
#define SERVICE_WINDOWS 1 // windows kept, those of the last events (LINK_GET_WINDOW): a power of two up to 128
#endif
#ifndef SERVICE_WATCHDOG_MS
#define SERVICE_WATCHDOG_MS 8000 // without service_poll, after which the board resets itself; 0: never
#endif
#ifndef SERVICE_PROVOKE
#define SERVICE_PROVOKE 0 // 1: the host may break the board (LINK_PROVOKE), to see that it recovers. For tests alone
#endif
#ifndef SERVICE_BUILD
#define SERVICE_BUILD "" // names this build of the firmware to the host, so that a test knows what it talks to
#endif

typedef struct { // channels that share a unit
    const char *const *name;
    uint8_t count;
    const char *unit;
    uint16_t per_unit; // counts in one unit
} service_channels;

typedef enum { SERVICE_INT16, SERVICE_INT32 } service_format; // of samples

typedef struct { // samples, channels interleaved
    const char *name;
    uint32_t rate_mhz; // 0: no fixed rate
    const service_channels *group;
    uint8_t groups;
    uint8_t format; // service_format; a host can inject int16 only
} service_stream;

typedef struct { // what a device learns itself (LINK_LEARN): a baseline, such as the sound of a healthy machine;
                 // classes
    void *state; // as the application lays it out; a host reads and writes these bytes
    uint32_t size;
    const uint32_t *learnt, *wanted; // windows or examples so far, and in all; wanted 0: not learning
    const uint8_t *classes;          // that are learnt, for telemetry; NULL: it is a baseline
    // link_learn but STATUS and READ -> link_status. WRITE asks whether `state` may be overwritten now: bytes from the
    // host count for nothing before USE has checked them.
    uint8_t (*run)(uint8_t operation, uint32_t windows);
    // SHOW, NEWS, and FORGET of a label, with their arguments -> link_status; NULL: it is a baseline. `answer` has room
    // for SERVICE_LEARN_ANSWER bytes.
    uint8_t (*teach)(uint8_t operation, const uint8_t *args, size_t size, uint8_t *answer, size_t *answered);
} service_baseline;
enum { SERVICE_LEARN_ANSWER = 8 };

typedef struct { // models that are given in the field: lib/field. The service only moves what the host says
    // LINK_UPDATE_... and its arguments -> link_status; `answer` has room for SERVICE_UPDATE_ANSWER bytes.
    uint8_t (*run)(uint8_t command, const uint8_t *args, size_t size, uint8_t *answer, size_t *answered);
    void (*describe)(link_cbor *c);                // for INFO: a map
    uint32_t (*image)(void);                       // the first bytes of the digest of the image that runs; 0: none does
    void (*window)(uint32_t sample_us, bool late); // each one
    void (*poll)(void);                            // in every turn of the loop, before samples are taken
} service_updates;
enum { SERVICE_UPDATE_ANSWER = 64 };

// Learning with other boards (LINK_FLEET): lib/fleet. Arguments -> link_status; `answer` has room for
// SERVICE_FLEET_ANSWER bytes.
typedef uint8_t service_fleet(const uint8_t *args, size_t size, uint8_t *answer, size_t *answered);
enum { SERVICE_FLEET_ANSWER = 256 };

typedef struct {   // what the model was given for the last events, for a larger model elsewhere (LINK_GET_WINDOW)
    int8_t *bytes; // SERVICE_WINDOWS windows
    uint16_t size; // of one
    uint8_t later; // windows after the event's: a movement lies in the middle of one that ends after it was told
    void (*copy)(int8_t *bytes); // the window that was judged last; it changes nothing
} service_judged;

typedef struct {
    const char *app;       // "gesture_recognition"
    const char *fault;     // what is wrong with this board or build, for INFO; NULL: nothing. Where no answer would be
                           // right, the application gives no model and no sensors beside it
    const nn_model *model; // NULL where there is none: commands that need it answer LINK_UNSUPPORTED
    decide_state *decide;  // NULL where there is none
    const gate *activity;  // the gate that lets the network sleep, NULL where there is none
    service_stream sensor[SERVICE_MAX_SENSORS]; // raw streams; the host may inject the first, which the front end takes
    uint8_t sensors;
    uint32_t least_rate_mhz, most_rate_mhz; // of samples that the front end takes; 0: any
    uint32_t window_rate_mhz; // windows per 1000 seconds; a later one is a missed deadline. 0: no deadline
    uint32_t *saturated;      // the front end's counters, `saturations` of them
    uint8_t saturations;
    void (*reset)(uint32_t rate_mhz); // front end and decision start afresh, with samples at this rate
    void (*window)(int8_t *input);    // the front end's latest window, again, into the model's input
    const service_judged *judged;     // NULL: no window is kept
    const service_baseline *baseline; // NULL where there is none
    const service_updates *updates;   // NULL where no model can be given in the field
    service_fleet *fleet;             // NULL where the board learns with no others
    const char *(*machine)(void);     // what the watched machine does, a constant text; NULL: nobody looks
    // What the first sensor may send. While its rows are not believable the application gets none of them, and when
    // they are again everything starts afresh, as after an injection. NULL: nobody looks.
    const health_config *health;
} service_config;

typedef struct { // one window, as telemetry and events report it
    uint32_t frontend_cycles;
    uint32_t inference_cycles;
    uint32_t decide_cycles;
    uint32_t sample_us; // device time of the last sample of the window
} service_timing;

service_stream service_imu(uint32_t rate_mhz);    // the six axes of board_imu_read
service_stream service_mic(uint32_t rate_mhz);    // of board_mic_read
service_stream service_accel(uint32_t rate_mhz);  // the three axes of board_accel_read
service_stream service_analog(uint32_t rate_mhz); // the channels of board_analog_read

// `fault` for the rate that board_..._start returned: the reason if the application cannot use it. NULL: it can, or the
// board has no such sensor (a host can then inject samples).
const char *service_sensor_fault(int32_t started, uint32_t least_mhz, uint32_t most_mhz);

void service_init(const service_config *config); // `config` stays alive
void service_renew(void);                        // `config` has another model: everything starts afresh
void service_tell(void);                         // the host shall know at once what `config` says now: labels
void service_end_with(void (*last)(void));       // when the answers are out, such as board_reset; it does not return
void service_poll(void);                         // first in every turn of the loop: commands, answers, what is due
void service_sleep(void);                        // board_sleep, for when nothing is due: telemetry says how long

// The first sensor's next rows; the host's rows while the host injects (the sensor then runs on, and its rows are
// dropped). They return the number of rows, 0..count, and send them to a host that listens. `last_us` is the device
// time of the last row, estimated from the number of samples and the moment of reading.
size_t service_read_imu(board_imu_sample *samples, size_t count);
size_t service_read_mic(int16_t *pcm, size_t count, uint32_t *last_us);
size_t service_read_accel(int16_t (*xyz)[3], size_t count, uint32_t *last_us);

// For an application that only passes on several sensors: moves the waiting rows of a sensor, as many as fit a frame,
// to the stream of that number; returns the rows moved.
size_t service_forward_imu(uint8_t sensor);
size_t service_forward_mic(uint8_t sensor);
size_t service_forward_accel(uint8_t sensor);
size_t service_forward_analog(uint8_t sensor);

// The parts of the functions above.
bool service_injecting(void);                         // samples of the first sensor come from the host
size_t service_injected(int16_t *rows, size_t count); // the next rows, 0..count, a value per channel
void service_samples(uint8_t sensor, const int16_t *rows, size_t count,
                     uint32_t time_us); // each row; time of the first
void service_samples32(uint8_t sensor, const int32_t *rows, size_t count, uint32_t time_us); // SERVICE_INT32
bool service_stream_is_on(uint8_t stream);                                                   // a host asked for it
void service_lost(uint8_t sensor, uint32_t rows); // before the next row: the sensor dropped so many

void service_window(const service_timing *timing, const int8_t *scores);     // each one; NULL: the network slept
void service_event(const decide_event *event, const service_timing *timing); // held back while the sensor is in doubt
void service_held(bool held); // false: the device is held otherwise than the model knows; the host hears it as `held`

#ifdef __cplusplus
}
#endif
#endif
