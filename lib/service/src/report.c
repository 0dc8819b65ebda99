// What the application reports: a window, which is counted and sent to a host that listens, and an event.
#include "board/board.h"
#include "core.h"

void service_window(const service_timing *timing, const int8_t *scores) {
    const uint32_t missed = service.stats.missed;
    service_count_window(timing, scores);
    service_pass_window();
    if (service.config->updates) service.config->updates->window(timing->sample_us, service.stats.missed != missed);
    service_send_timing(timing, scores != NULL);
    service_send_scores(timing->sample_us);
}

void service_event(const decide_event *event, const service_timing *timing) {
    uint8_t payload[LINK_EVENT_SIZE] = {event->class_id, event->score};
    size_t size = 2;
    if (service_health() && health_doubtful(service_health())) {
        service.stats.withheld++;
        return;
    }
    service.stats.events++;
    size += put_u32(payload + size, event->window);
    size += put_u32(payload + size, timing->frontend_cycles);
    size += put_u32(payload + size, timing->inference_cycles);
    size += put_u32(payload + size, timing->decide_cycles);
    size += put_u32(payload + size, board_micros() - timing->sample_us);
    const uint32_t image = service.config->updates ? service.config->updates->image() : 0;
    if (image) size += put_u32(payload + size, image);
    service_keep_window();
    service_keep_event(timing->sample_us, payload, size);
}

void service_held(bool held) {
    service.otherwise = !held;
}
