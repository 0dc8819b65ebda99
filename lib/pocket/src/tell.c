// What the host hears: frames that are encoded while they are sent, CBOR (RFC 8949) among them.
#include "core.h"
#include "link/stream.h"

#ifndef PSTR // not an AVR: constants need no address space of their own
#define PSTR(text) (text)
#endif

enum { UINT = 0x00, TEXT = 0x60, ARRAY = 0x80, MAP = 0xA0 };

static link_stream line;

// Waits for the line. A host that does not listen costs nothing: a serial line takes every byte.
static void put(const uint8_t *bytes, size_t size) {
    while (size) {
        const size_t taken = board_console_write(bytes, size);
        bytes += taken;
        size -= taken;
    }
}

uint16_t pocket_sequence(uint8_t type) {
    static uint16_t next[LINK_HEALTH + 1];
    return next[type]++;
}

void *pocket_scratch(void) {
    return line.block;
}

void pocket_begin(uint8_t type, uint8_t stream, uint16_t sequence) {
    const link_frame head = {type, stream, sequence, board_micros(), 0, 0};
    link_stream_begin(&line, &head, put);
}

void pocket_bytes(const void *bytes, size_t size) {
    link_stream_bytes(&line, bytes, size);
}

void pocket_end(void) {
    link_stream_end(&line);
}

static void head(uint8_t major, uint64_t value) {
    const uint8_t log_size = value <= UINT8_MAX ? 0 : value <= UINT16_MAX ? 1 : value <= UINT32_MAX ? 2 : 3;
    uint8_t bytes[9] = {(uint8_t)(major | (value < 24 ? (uint8_t)value : (uint8_t)(24 + log_size)))};
    const uint8_t size = (uint8_t)(value < 24 ? 0 : 1u << log_size);
    for (uint8_t i = size; i > 0; i--, value >>= 8) bytes[i] = (uint8_t)value;
    pocket_bytes(bytes, 1u + size);
}

static void text(const char *value) { // in CLASSICAL_TABLE
    uint8_t size = 0, byte;
    const uint8_t *at = (const uint8_t *)value;
    while (classical_u8(at + size)) size++;
    for (head(TEXT, size); size--; pocket_bytes(&byte, 1)) byte = classical_next(&at);
}

static void ram_text(const char *value) {
    size_t size = 0;
    while (value[size]) size++;
    head(TEXT, size);
    pocket_bytes(value, size);
}

static void number(const char *key, uint64_t value) {
    text(key);
    head(UINT, value);
}

static void write_model(const pocket_config *c) {
    text(PSTR("model"));
    head(MAP, 7);
    text(PSTR("name"));
    ram_text(c->app);
    text(PSTR("hash"));
    ram_text(c->hash);
    text(PSTR("data_hash"));
    head(TEXT, 0);
    number(PSTR("layers"), 1);
    number(PSTR("input"), c->inputs);
    number(PSTR("output"), 4u * c->classes);
    number(PSTR("arena"), 0);
}

static void begin_stream(uint8_t id, const char *name, uint32_t rate_mhz, bool on, const char *format) {
    head(MAP, 8);
    number(PSTR("id"), id);
    text(PSTR("name"));
    text(name);
    number(PSTR("rate_mhz"), rate_mhz);
    number(PSTR("on"), on);
    number(PSTR("lost"), 0);
    number(PSTR("dropped"), 0);
    text(PSTR("format"));
    text(format);
    text(PSTR("channels"));
}

static void three(const char *first, const char *second, const char *third, const char *unit, uint32_t per_unit) {
    head(ARRAY, 3);
    head(ARRAY, 3);
    text(first);
    text(second);
    text(third);
    text(unit);
    head(UINT, per_unit);
}

static void write_streams(const pocket_config *c) {
    text(PSTR("streams"));
    head(ARRAY, 2);
    begin_stream(STREAM_IMU, PSTR("imu"), c->rate_mhz, false, PSTR("int16"));
    head(ARRAY, 2);
    three(PSTR("ax"), PSTR("ay"), PSTR("az"), PSTR("g"), BOARD_ACCEL_PER_G);
    three(PSTR("gx"), PSTR("gy"), PSTR("gz"), PSTR("dps"), BOARD_GYRO_PER_DPS);
    begin_stream(STREAM_SCORES, PSTR("scores"), c->window_rate_mhz, pocket.scores_on, PSTR("uint8"));
    head(ARRAY, 1);
    head(ARRAY, 3);
    head(ARRAY, c->classes);
    for (uint8_t i = 0; i < c->classes; i++) text((const char *)c->label(i));
    text(PSTR("score"));
    head(UINT, 256);
}

static const char *reset_name(board_reset_cause cause) {
    switch (cause) {
    case BOARD_RESET_POWER:
        return PSTR("power");
    case BOARD_RESET_PIN:
        return PSTR("pin");
    case BOARD_RESET_SOFTWARE:
        return PSTR("software");
    case BOARD_RESET_WATCHDOG:
        return PSTR("watchdog");
    case BOARD_RESET_BROWNOUT:
        return PSTR("brownout");
    default:
        return PSTR("unknown");
    }
}

void pocket_write_info(void) {
    const pocket_config *c = pocket.config;
    head(MAP, 11);
    number(PSTR("version"), LINK_PROTOCOL_VERSION);
    text(PSTR("app"));
    ram_text(c->app);
    text(PSTR("board"));
    ram_text(board_name());
    text(PSTR("build"));
    head(TEXT, 0);
    number(PSTR("uptime_us"), pocket.uptime_us);
    number(PSTR("cycles_hz"), board_cycles_hz());
    number(PSTR("stack"), board_stack_size());
    text(PSTR("reset"));
    text(reset_name(board_reset_reason()));
    number(PSTR("max_payload"), LINK_MAX_PAYLOAD);
    write_model(c);
    write_streams(c);
}

static void write_cycles(const char *key, const pocket_cycles *cycles) {
    text(key);
    head(ARRAY, 3);
    head(UINT, cycles->last);
    head(UINT, cycles->min);
    head(UINT, cycles->max);
}

void pocket_write_stats(void) {
    const pocket_config *c = pocket.config;
    head(MAP, 14);
    number(PSTR("uptime_us"), pocket.uptime_us);
    number(PSTR("windows"), pocket.windows);
    number(PSTR("events"), pocket.events);
    number(PSTR("missed"), 0);
    number(PSTR("overruns"), 0);
    number(PSTR("dropped"), 0);
    number(PSTR("frames"), pocket.decoder.frames - pocket.frames_before);
    number(PSTR("errors"), pocket.decoder.errors - pocket.errors_before);
    number(PSTR("stack"), board_stack_used());
    write_cycles(PSTR("frontend"), &pocket.cycles[0]);
    write_cycles(PSTR("inference"), &pocket.cycles[1]);
    write_cycles(PSTR("decide"), &pocket.cycles[2]);
    text(PSTR("saturated"));
    head(ARRAY, 0);
    text(PSTR("scores"));
    head(ARRAY, c->classes);
    for (uint8_t i = 0; i < c->classes; i++) head(UINT, pocket.windows && i == pocket.answer ? 255 : 0);
}
