// core.h: the inside of lib/pocket: pocket.c takes its turn, commands.c answers, tell.c writes what the host hears.
#ifndef POCKET_CORE_H
#define POCKET_CORE_H

#include "link/frame.h"
#include "link/messages.h"
#include "pocket/pocket.h"

enum { STREAM_IMU, STREAM_SCORES };

typedef struct {
    uint32_t last, min, max;
} pocket_cycles;

typedef struct {
    const pocket_config *config;
    link_decoder decoder;
    uint64_t uptime_us;
    uint32_t now_us, due_us; // low bits of uptime_us
    bool injecting, scores_on;
    bool judged; // a window was completed by the host's samples
    uint32_t heard_us;
    uint16_t windows, events; // since RESET_STATS
    uint32_t frames_before, errors_before;
    pocket_cycles cycles[3]; // front end, inference, decision
    uint8_t answer;          // the class of the latest window
} pocket_state;

extern pocket_state pocket;

// pocket.c
void pocket_start_afresh(uint32_t rate_mhz); // with samples at this rate
void pocket_reset_stats(void);
void pocket_tell(uint8_t type, void (*write)(void)); // a frame whose payload `write` makes

// commands.c
void pocket_respond(const link_frame *command);
uint8_t pocket_inject_end(void);                   // a link_status
void pocket_put_u32(uint8_t *out, uint32_t value); // low byte first

// tell.c
void pocket_begin(uint8_t type, uint8_t stream, uint16_t sequence);
void pocket_bytes(const void *bytes, size_t size);
void pocket_end(void);
uint16_t pocket_sequence(uint8_t type); // of the next frame of that type
void pocket_write_info(void);
void pocket_write_stats(void);

#endif
