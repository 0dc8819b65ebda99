// The queue to the console. Frames go in whole or not at all; the end of the queue is kept free for a reply.
#include "board/board.h"
#include "core.h"

#include <string.h>

enum { SEQUENCES = STREAMS + LINK_HEALTH + 1 }; // one for each stream of LINK_DATA, then one for each other type
enum { DATA_ENCODED = SERVICE_BATCH + 16 };
typedef char queue_holds_a_batch_a_frame_and_a_reply[SERVICE_QUEUE >= 2 * LINK_MAX_ENCODED + DATA_ENCODED ? 1 : -1];

static struct {
    uint8_t bytes[SERVICE_QUEUE];
    size_t first, used;
    uint16_t sequence[SEQUENCES];
    uint32_t dropped;
} queue;

void service_send_init(void) {
    memset(&queue, 0, sizeof queue);
}

static size_t room(void) {
    return sizeof queue.bytes - queue.used;
}

static void append(const uint8_t *bytes, size_t size) {
    size_t end = (queue.first + queue.used) % sizeof queue.bytes;
    size_t until_wrap = sizeof queue.bytes - end;
    size_t first = size < until_wrap ? size : until_wrap;
    memcpy(queue.bytes + end, bytes, first);
    memcpy(queue.bytes, bytes + first, size - first);
    queue.used += size;
}

static bool enqueue(const link_frame *frame, size_t keep_free) {
    static uint8_t encoded[LINK_MAX_ENCODED];
    size_t size = link_encode(frame, encoded);
    if (size + keep_free > room()) service_flush(); // a block of a fast sensor is more than the queue holds at a time
    bool fits = size && size + keep_free <= room();
    if (fits)
        append(encoded, size);
    else
        queue.dropped++;
    return fits;
}

// Samples leave room for what tells the host that some were dropped, and everything leaves room for a reply.
bool service_send(uint8_t type, uint8_t stream, uint32_t time_us, const uint8_t *payload, size_t size) {
    uint16_t *sequence = &queue.sequence[type == LINK_DATA ? stream : STREAMS + type];
    link_frame frame = {type, stream, (*sequence)++, time_us, payload, size};
    return enqueue(&frame, type == LINK_DATA ? 2 * LINK_MAX_ENCODED : LINK_MAX_ENCODED);
}

uint16_t service_next(uint8_t type) {
    return queue.sequence[STREAMS + type];
}

bool service_send_again(uint8_t type, uint16_t sequence, uint32_t time_us, const uint8_t *payload, size_t size) {
    link_frame frame = {type, 0, sequence, time_us, payload, size};
    return enqueue(&frame, LINK_MAX_ENCODED);
}

void service_skip(uint8_t stream) {
    queue.sequence[stream]++;
}

void service_send_reply(uint16_t sequence, const uint8_t *payload, size_t size) {
    link_frame frame = {LINK_REPLY, 0, sequence, board_micros(), payload, size};
    (void)enqueue(&frame, 0);
}

bool service_can_reply(void) {
    return room() >= LINK_MAX_ENCODED;
}

void service_flush(void) {
    while (queue.used) {
        size_t until_wrap = sizeof queue.bytes - queue.first;
        size_t taken =
            board_console_write(queue.bytes + queue.first, queue.used < until_wrap ? queue.used : until_wrap);
        if (!taken) return;
        queue.first = (queue.first + taken) % sizeof queue.bytes;
        queue.used -= taken;
    }
}

bool service_flushed(void) {
    return queue.used == 0;
}

uint32_t service_dropped(void) {
    return queue.dropped;
}

void service_reset_dropped(void) {
    queue.dropped = 0;
}
