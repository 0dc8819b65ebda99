// LINK_INFO: what a host needs to know to understand everything else.
#include "board/board.h"
#include "core.h"

static void uint_field(link_cbor *c, const char *key, uint64_t value) {
    cbor_text(c, key);
    cbor_uint(c, value);
}

static void text_field(link_cbor *c, const char *key, const char *value) {
    cbor_text(c, key);
    cbor_text(c, value);
}

static void write_model(link_cbor *c, const nn_model *model) {
    cbor_text(c, "model");
    cbor_map(c, 7);
    text_field(c, "name", model->name);
    text_field(c, "hash", model->hash);
    text_field(c, "data_hash", model->data_hash);
    uint_field(c, "layers", model->layers);
    uint_field(c, "input", model->input_size);
    uint_field(c, "output", model->output_size);
    uint_field(c, "arena", model->arena_size);
}

static void write_stream(link_cbor *c, uint8_t id, const char *format, const service_stream *stream) {
    cbor_map(c, 8);
    uint_field(c, "id", id);
    text_field(c, "name", stream->name);
    uint_field(c, "rate_mhz", stream->rate_mhz);
    uint_field(c, "on", service_stream_is_on(id));
    uint_field(c, "lost", service_rows_lost(id));
    uint_field(c, "dropped", service_frames_dropped(id));
    text_field(c, "format", format);
    cbor_text(c, "channels");
    cbor_array(c, stream->groups);
    for (const service_channels *g = stream->group; g < stream->group + stream->groups; g++) {
        cbor_array(c, 3);
        cbor_array(c, g->count);
        for (uint8_t i = 0; i < g->count; i++) cbor_text(c, g->name[i]);
        cbor_text(c, g->unit);
        cbor_uint(c, g->per_unit);
    }
}

static void write_timing(link_cbor *c, uint8_t id) {
    static const char *const which[] = {"window", "awake"};
    static const char *const cycles[] = {"frontend", "inference", "decide"};
    static const char *const times[] = {"latency", "slept"};
    static const service_channels groups[] = {{which, 2, "", 1}, {cycles, 3, "cycles", 1}, {times, 2, "us", 1}};
    service_stream stream = {"timing", service.config->window_rate_mhz, groups, 3, SERVICE_INT32};
    write_stream(c, id, "uint32", &stream);
}

static void write_streams(link_cbor *c) {
    const service_config *config = service.config;
    uint8_t id = 0;
    cbor_text(c, "streams");
    cbor_array(c, config->sensors + (service_classes() ? 1u : 0u) + (service_has_timing() ? 1u : 0u));
    for (; id < config->sensors; id++) {
        const service_stream *stream = &config->sensor[id];
        write_stream(c, id, stream->format == SERVICE_INT32 ? "int32" : "int16", stream);
    }
    if (service_classes()) {
        service_channels scores = {config->model->label, service_classes(), "score", 256};
        service_stream stream = {"scores", config->window_rate_mhz, &scores, 1, SERVICE_INT16};
        write_stream(c, id++, "uint8", &stream);
    }
    if (service_has_timing()) write_timing(c, id);
}

static const char *reset_name(board_reset_cause cause) {
    static const char *const names[] = {
        [BOARD_RESET_UNKNOWN] = "unknown",   [BOARD_RESET_POWER] = "power",       [BOARD_RESET_PIN] = "pin",
        [BOARD_RESET_SOFTWARE] = "software", [BOARD_RESET_WATCHDOG] = "watchdog", [BOARD_RESET_BROWNOUT] = "brownout",
        [BOARD_RESET_FAULT] = "fault",
    };
    return names[cause];
}

static void write_info(link_cbor *c) {
    const nn_model *model = service.config->model;
    const service_updates *updates = service.config->updates;
    cbor_map(c, 10u + (model ? 1u : 0u) + (service.config->fault ? 1u : 0u) + (updates ? 1u : 0u));
    uint_field(c, "version", LINK_PROTOCOL_VERSION);
    text_field(c, "app", service.config->app);
    text_field(c, "board", board_name());
    text_field(c, "build", SERVICE_BUILD);
    uint_field(c, "uptime_us", service.uptime_us);
    uint_field(c, "cycles_hz", board_cycles_hz());
    uint_field(c, "stack", board_stack_size());
    text_field(c, "reset", reset_name(board_reset_reason()));
    uint_field(c, "max_payload", LINK_MAX_PAYLOAD);
    if (service.config->fault) text_field(c, "fault", service.config->fault);
    if (model) write_model(c, model);
    if (updates) {
        cbor_text(c, "update");
        updates->describe(c);
    }
    write_streams(c);
}

void service_send_info(void) {
    uint8_t payload[LINK_MAX_PAYLOAD];
    link_cbor c = {payload, sizeof payload, 0, false};
    write_info(&c);
    service_send(LINK_INFO, 0, service.now_us, payload, c.full ? LINK_MAX_PAYLOAD + 1 : c.size);
}
