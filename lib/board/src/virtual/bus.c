// bus.c: the board's side of the sensor bus, docs/sensor_bus.md. The host announces itself; the board asks, the host
// answers; a host that falls silent is given up. Where both see the same memory, blocks of samples come through it and
// are handed out piece by piece.
#include "virtual.h"

#if defined(BOARD_MPS2) || defined(BOARD_HOST)

#include <string.h>

#define SYNC         0xA5
#define VERSION      2
#define MAX_PAYLOAD  (SENSOR_MAX_WORDS * 2)
#define HEADER       4     // type, sensor, size
#define MEMORY_WORDS 8192u // asked for where blocks come through memory
#define PATIENCE_MS  3000  // of the host's time, for an answer
#define GAP_MS       400   // within a frame; less than the host waits before it repeats itself

enum { ATTACH = 'A', DETACH = 'D', BLOCK = 'B', MEMORY = 'M', END = 'E', HELLO = 'H', REQUEST = 'R' };
enum { FLAG_RESTART = 1, FLAG_MEMORY = 2 };

typedef struct { // a block of samples, as far as it is not handed out
    const uint8_t *next;
    uint32_t words;
    uint32_t lost; // samples that the host has not yet been told of
} held_block;

static struct {
    uint8_t frame[HEADER + MAX_PAYLOAD + 2];
    size_t filled;
    bool inside;
    uint8_t offered; // a bit per sensor
    uint32_t host;   // the number by which it calls itself
    bool shares;     // it sees this board's memory
    held_block held[SENSOR_COUNT];
} bus;

static uint16_t crc16(const uint8_t *bytes, size_t size) { // CRC-16/IBM-3740, four bits at a time
    static const uint16_t table[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
                                       0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF};
    uint32_t crc = 0xFFFF;
    for (const uint8_t *end = bytes + size; bytes < end; bytes++) {
        crc = crc << 4 ^ table[(crc >> 12 ^ *bytes >> 4) & 15];
        crc = crc << 4 ^ table[(crc >> 12 ^ *bytes) & 15];
    }
    return (uint16_t)crc;
}

static uint16_t u16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t u32(const uint8_t *bytes) {
    return u16(bytes) | (uint32_t)u16(bytes + 2) << 16;
}

static size_t payload_size(void) {
    return u16(bus.frame + 2);
}

static void put_frame(uint8_t type, uint8_t sensor, const uint8_t *payload, uint8_t size) {
    uint8_t frame[1 + HEADER + 16 + 2] = {SYNC, type, sensor, size, 0};
    memcpy(frame + 1 + HEADER, payload, size);
    const uint16_t crc = crc16(frame + 1, (size_t)HEADER + size);
    frame[1 + HEADER + size] = (uint8_t)(crc & 0xFF);
    frame[1 + HEADER + size + 1] = (uint8_t)(crc >> 8);
    port_send(PORT_BUS, frame, (size_t)HEADER + size + 3, PATIENCE_MS);
}

static void hello(uint8_t flags) {
    const uint8_t payload[] = {VERSION, flags};
    put_frame(HELLO, bus.offered, payload, sizeof payload);
}

// The host has left its number in memory that is this board's too.
static bool sees_memory(uint32_t host) {
    uint32_t size;
    const uint8_t *memory = shared_memory(&size);
    return memory && u32(memory) == host;
}

static void attach(void) {
    const uint8_t *payload = bus.frame + HEADER;
    const uint8_t version = payload[0], flags = payload[1];
    if (payload_size() < 2) return;
    bus.offered = version == VERSION && payload_size() == 6 ? bus.frame[1] : 0;
    if (bus.offered && flags & FLAG_RESTART) {
        hello(FLAG_RESTART);
        restart();
    }
    if (bus.offered) {
        if (bus.host != u32(payload + 2)) memset(bus.held, 0, sizeof bus.held); // another's samples
        bus.host = u32(payload + 2);
        bus.shares = flags & FLAG_MEMORY && sees_memory(bus.host);
    }
    hello(bus.shares ? FLAG_MEMORY : 0);
}

// Takes one byte; true when it completed a correct frame. Anything else is skipped up to the next SYNC.
static bool take_byte(uint8_t byte) {
    if (!bus.inside) {
        bus.inside = byte == SYNC;
        bus.filled = 0;
        return false;
    }
    bus.frame[bus.filled++] = byte;
    if (bus.filled < HEADER) return false;
    if (payload_size() > MAX_PAYLOAD) {
        bus.inside = false;
        return false;
    }
    const size_t end = HEADER + payload_size();
    if (bus.filled < end + 2) return false;
    bus.inside = false;
    return crc16(bus.frame, end) == u16(bus.frame + end);
}

static void announcement(void) {
    if (bus.frame[0] == ATTACH) attach();
    if (bus.frame[0] == DETACH) bus.offered = 0;
}

// False when the host has fallen silent: the bytes of a frame come at once, a frame may take its time.
static bool next_byte(uint8_t *byte) {
    while (!port_get(PORT_BUS, byte))
        if (!port_wait_byte(PORT_BUS, bus.inside ? GAP_MS : PATIENCE_MS)) return false;
    return true;
}

static bool next_frame(void) {
    for (;;) {
        const bool started = bus.inside;
        uint8_t byte;
        if (next_byte(&byte)) {
            if (take_byte(byte)) return true;
        } else {
            bus.inside = false; // half a frame, or noise that looked like one
            if (!started) return false;
        }
    }
}

void bus_init(void) {
    memset(&bus, 0, sizeof bus);
    if (!restarted()) return;
    clock_stop();
    while (!bus.offered && next_frame()) announcement();
    clock_run();
}

void bus_poll(void) {
    uint8_t byte;
    if (!port_get(PORT_BUS, &byte)) return;
    clock_stop();
    do {
        if (take_byte(byte)) announcement();
    } while (bus.inside && next_byte(&byte));
    bus.inside = false;
    clock_run();
}

bool bus_offers(sensor_id sensor) {
    return bus.offered >> sensor & 1;
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static void drop(held_block *held, uint32_t words) {
    held->next += 2 * words;
    held->words -= words;
}

static size_t hand_out(held_block *held, int16_t *words, uint32_t size) {
    const uint32_t count = least(held->words, size);
    for (uint32_t i = 0; i < count; i++) words[i] = (int16_t)u16(held->next + 2 * i);
    drop(held, count);
    return count;
}

static void hold(held_block *held, const uint8_t *bytes, uint32_t size, uint8_t axes) {
    held->next = bytes;
    held->words = size / 2 / axes * axes;
}

// A block in shared memory: only its place, size and CRC came over the line. False when something else lies there.
static bool hold_memory(held_block *held, uint8_t axes) {
    const uint8_t *payload = bus.frame + HEADER;
    if (payload_size() != 10 || !bus.shares) return false;
    uint32_t size;
    const uint8_t *memory = shared_memory(&size);
    const uint32_t offset = u32(payload), bytes = u32(payload + 4);
    if (offset > size || bytes > size - offset || crc16(memory + offset, bytes) != u16(payload + 8)) return false;
    hold(held, memory + offset, bytes, axes);
    return true;
}

static void ask(const bus_request *request, uint32_t lost, uint32_t skip) {
    const uint32_t count = (bus.shares ? MEMORY_WORDS : (uint32_t)SENSOR_MAX_WORDS) / request->axes;
    uint8_t payload[14];
    for (int i = 0; i < 4; i++) {
        payload[i] = (uint8_t)(request->rate_mhz >> 8 * i);
        payload[4 + i] = (uint8_t)(lost >> 8 * i);
        payload[8 + i] = (uint8_t)(skip >> 8 * i);
    }
    payload[12] = (uint8_t)(count & 0xFF);
    payload[13] = (uint8_t)(count >> 8);
    put_frame(REQUEST, (uint8_t)request->sensor, payload, sizeof payload);
}

// Takes the answer to a request. False: the next frame may be it.
static bool answered(const bus_request *request, held_block *held) {
    const bool ours = bus.frame[1] == request->sensor;
    if (ours && bus.frame[0] == BLOCK) {
        hold(held, bus.frame + HEADER, (uint32_t)payload_size(), request->axes);
        return true;
    }
    if (ours && bus.frame[0] == MEMORY) return hold_memory(held, request->axes);
    if (ours && bus.frame[0] == END) bus.offered &= (uint8_t)~(1u << request->sensor);
    announcement();
    return false;
}

static void fetch(const bus_request *request, held_block *held, uint32_t skip) {
    uint32_t asked = bus.host;
    ask(request, held->lost, skip);
    held->lost = 0;
    while (bus_offers(request->sensor)) {
        if (!next_frame()) {
            bus.offered = 0;
        } else if (answered(request, held)) {
            break;
        } else if (asked != bus.host) { // another has come meanwhile
            ask(request, 0, 0);
            asked = bus.host;
        }
    }
}

size_t bus_fetch(const bus_request *request, int16_t *words, size_t size) {
    held_block *held = &bus.held[request->sensor];
    const uint32_t skipped = least(request->skip, held->words / request->axes);
    drop(held, skipped * request->axes);
    held->lost += request->lost;
    if (held->words == 0) fetch(request, held, request->skip - skipped);
    return hand_out(held, words, (uint32_t)size);
}

#endif
