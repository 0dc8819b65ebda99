// bus.c: the board's side of the sensor bus, docs/sensor_bus.md. The host announces itself; the board asks, the host
// answers; a host that falls silent is given up.
#include "virtual.h"

#if defined(BOARD_MPS2) || defined(BOARD_HOST)

#include <string.h>

#define SYNC        0xA5
#define VERSION     1
#define MAX_PAYLOAD (SENSOR_MAX_WORDS * 2)
#define HEADER      4    // type, sensor, size
#define PATIENCE_MS 3000 // of the host's time, for an answer
#define GAP_MS      400  // within a frame; less than the host waits before it repeats itself

enum { ATTACH = 'A', DETACH = 'D', BLOCK = 'B', END = 'E', HELLO = 'H', REQUEST = 'R' };
enum { FLAG_RESTART = 1 };

static struct {
    uint8_t frame[HEADER + MAX_PAYLOAD + 2];
    size_t filled;
    bool inside;
    uint8_t offered; // a bit per sensor
} bus;

static uint16_t crc16(const uint8_t *bytes, size_t size) { // CRC-16/IBM-3740
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < size; i++) {
        crc = (uint16_t)(crc ^ bytes[i] << 8);
        for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

static size_t payload_size(void) {
    return (size_t)(bus.frame[2] | bus.frame[3] << 8);
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

static void attach(void) {
    const uint8_t version = bus.frame[HEADER], flags = bus.frame[HEADER + 1];
    if (payload_size() != 2) return;
    if (version == VERSION && flags & FLAG_RESTART) {
        hello(FLAG_RESTART);
        restart();
    }
    bus.offered = version == VERSION ? bus.frame[1] : 0;
    hello(0);
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
    return crc16(bus.frame, end) == (bus.frame[end] | bus.frame[end + 1] << 8);
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

static size_t answer(sensor_id sensor, int16_t *words, size_t size) {
    const size_t received = payload_size() / 2;
    if (bus.frame[0] == END) {
        bus.offered &= (uint8_t) ~(1u << sensor);
        return 0;
    }
    const size_t count = received < size ? received : size;
    for (size_t i = 0; i < count; i++)
        words[i] = (int16_t)(bus.frame[HEADER + 2 * i] | bus.frame[HEADER + 2 * i + 1] << 8);
    return count;
}

static void ask(const bus_request *request) {
    uint8_t payload[14];
    for (int i = 0; i < 4; i++) {
        payload[i] = (uint8_t)(request->rate_mhz >> 8 * i);
        payload[4 + i] = (uint8_t)(request->lost >> 8 * i);
        payload[8 + i] = (uint8_t)(request->skip >> 8 * i);
    }
    payload[12] = (uint8_t)(request->count & 0xFF);
    payload[13] = (uint8_t)(request->count >> 8);
    put_frame(REQUEST, (uint8_t)request->sensor, payload, sizeof payload);
}

size_t bus_fetch(const bus_request *request, int16_t *words, size_t size) {
    size_t count = 0;
    clock_stop();
    ask(request);
    while (bus_offers(request->sensor)) {
        if (!next_frame()) {
            bus.offered = 0;
        } else if ((bus.frame[0] == BLOCK || bus.frame[0] == END) && bus.frame[1] == request->sensor) {
            count = answer(request->sensor, words, size);
            break;
        } else {
            announcement();
        }
    }
    clock_run();
    return count;
}

#endif
