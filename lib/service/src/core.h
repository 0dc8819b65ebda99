// core.h: the inside of the service: a core, and leaves around it.
//
// The core is the state, the queue to the host, the streams, the host's samples, the counters and the clock of samples.
// A leaf is one thing that the service does on top of it: a sensor, a report, some commands. A leaf includes no other
// header of the service than this one, and calls the core, never another leaf. service.c and commands.c stand above
// both: they alone call what is declared under "leaves". tests/service/test_structure.py holds that.
#ifndef SERVICE_CORE_H
#define SERVICE_CORE_H

#include "link/cbor.h"
#include "link/frame.h"
#include "link/messages.h"
#include "service/service.h"

enum { STREAMS = SERVICE_MAX_SENSORS + 2 }; // the sensors, then the scores, then the timing

typedef struct {
    uint32_t last, min, max;
} service_cycles;

typedef struct { // since start or LINK_RESET_STATS
    uint32_t windows, asleep, events, missed, withheld;
    uint32_t overruns_before, frames_before, errors_before; // of counters that are not ours to reset
    uint64_t slept_before, since_us;
    gate gate_before;
    service_cycles frontend, inference, decide;
    uint8_t scores[DECIDE_MAX_CLASSES];
} service_stats;

typedef struct {
    const service_config *config;
    uint64_t uptime_us;
    uint32_t now_us; // board_micros() when uptime_us was brought up to date
    link_decoder decoder;
    service_stats stats;
    uint32_t windows;         // ever
    uint64_t slept_us;        // ever
    uint32_t row_slept;       // low bits of slept_us when the last row of the timing was made
    uint64_t due_us;          // info and telemetry
    uint32_t told_health;     // reasons and channels of the last LINK_HEALTH; 0: all is well
    bool otherwise;           // the device is held otherwise than the model knows
    const char *told_machine; // what the machine did when the host was told last
    void (*last)(void);       // what the service ends with, soon; NULL: nothing
    uint64_t last_due_us;     // when it does not wait for the answer any longer
} service_state;

extern service_state service;

// A command's arguments and its answer.
typedef struct {
    uint8_t command;
    const uint8_t *args;
    size_t size;
    uint16_t sequence;
    uint8_t *answer; // room for ANSWER_ROOM bytes
    size_t answered;
} service_command;

enum { ANSWER_ROOM = LINK_MAX_PAYLOAD - 2 };

// core.c
uint8_t service_channel_count(const service_stream *stream);
uint8_t service_classes(void); // of the model's scores

// send.c: the queue to the console
void service_send_init(void);
bool service_send(uint8_t type, uint8_t stream, uint32_t time_us, const uint8_t *payload,
                  size_t size);      // false: dropped
uint16_t service_next(uint8_t type); // sequence of the next frame of a type other than LINK_DATA
bool service_send_again(uint8_t type, uint16_t sequence, uint32_t time_us, const uint8_t *payload, size_t size);
void service_skip(uint8_t stream); // the host sees a frame of LINK_DATA missing
void service_send_reply(uint16_t sequence, const uint8_t *payload, size_t size); // there is room if can_reply
bool service_can_reply(void);
void service_flush(void); // as much as the console takes
bool service_flushed(void);
uint32_t service_dropped(void);
void service_reset_dropped(void);

// streams.c
void service_streams_init(void);
bool service_switch_stream(uint8_t stream, bool on); // false: no such stream
void service_streams_poll(void);
void service_send_scores(uint32_t time_us);
void service_send_timing(const service_timing *timing, bool awake);
bool service_has_timing(void);
uint32_t service_rows_lost(uint8_t sensor);      // by the sensor, ever
uint32_t service_frames_dropped(uint8_t stream); // of LINK_DATA, ever

// inject.c: the host in place of the sensor
void service_inject_init(void);
bool service_inject_busy(void);  // samples of the last LINK_INJECT are left
void service_inject_poll(void);  // answers it when they are used up
void service_inject_keep(void);  // the host is alive
bool service_has_window(void);   // a window was completed since the last fresh start, and by the host's samples
void service_start_afresh(void); // the model's state, the front end and the decision, for samples as they come now
uint32_t service_rate_mhz(void); // of the first sensor's samples, as they come now
uint32_t service_switches(void); // from the sensor to the host and back, ever
uint8_t service_inject_begin(service_command *c);
uint8_t service_inject(service_command *c);
uint8_t service_inject_end(service_command *c);

// watch.c: whether the first sensor's rows are believable
void service_watch_init(void);
// The next rows for the application; `emptied`: the sensor has no more. False: the application must not see them.
bool service_believes(const int16_t *rows, size_t count, bool emptied);
const health *service_health(void); // NULL where nobody looks

// counters.c
void service_count_window(const service_timing *timing, const int8_t *scores); // NULL: the network slept
void service_reset_stats(void);

// kept.c: the last events, until a host has stored them
void service_kept_init(void);
void service_keep_event(uint32_t time_us, const uint8_t *payload, size_t size); // and sends it
uint8_t service_events(service_command *c);

// windows.c: what the model was given for the last events
void service_windows_init(void);
void service_keep_window(void); // of the next LINK_EVENT
void service_pass_window(void); // another one was judged
void service_cut_windows(void); // what was to come will not be of the same samples
uint8_t service_get_window(service_command *c);

// arena.c: the model's arena is painted, so that it is known how far it was written
void service_arena_init(void);
uint32_t service_arena_used(void);

// clock.c: when samples were taken that have no time of their own.
typedef struct {
    bool running;
    uint32_t last_us;
    uint64_t remainder; // of a microsecond, in parts of the rate
} service_clock;
uint32_t service_clock_read(service_clock *c, uint32_t rate_mhz, size_t count, bool emptied); // time of the last sample
uint32_t service_span_us(uint32_t rate_mhz, size_t count);                                    // of so many samples

// commands.c, which service.c calls
void service_run_command(const link_frame *frame);

// Leaves: info.c, telemetry.c
void service_send_info(void);
void service_write_stats(link_cbor *c);
void service_send_telemetry(void);
void service_send_machine(void); // telemetry, when what the machine does has changed
void service_send_health(void);  // when it has changed

// Leaves: learn.c, parity.c, provoke.c, update.c: a link_status
uint8_t service_learn(service_command *c);
uint8_t service_update(service_command *c);
uint8_t service_run_frontend(service_command *c);
uint8_t service_run_layer(service_command *c);
uint8_t service_read_tensor(service_command *c);
uint8_t service_write_input(service_command *c);
uint8_t service_self_test(service_command *c);
uint8_t service_provoke(service_command *c);

static inline bool inside(uint32_t offset, size_t count, uint32_t size) {
    return offset <= size && count <= size - offset;
}

static inline uint16_t get_u16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t get_u32(const uint8_t *bytes) {
    return (uint32_t)get_u16(bytes + 2) << 16 | get_u16(bytes);
}

static inline size_t put_u16(uint8_t *bytes, uint32_t value) {
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
    return 2;
}

static inline size_t put_u32(uint8_t *bytes, uint32_t value) {
    put_u16(bytes, value);
    put_u16(bytes + 2, value >> 16);
    return 4;
}

#endif
