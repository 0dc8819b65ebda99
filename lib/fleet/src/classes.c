#include "fleet/classes.h"

#include "link/messages.h"

#include <string.h>

typedef char an_answer_fits[(int)FLEET_ANSWER <= (int)SERVICE_FLEET_ANSWER ? 1 : -1];

static const service_config *service;
static fleet_giver giver;

// A row of sums, and how many examples are in them; false: none was learnt.
static bool row_of(const learner *own, uint32_t class_id, int32_t *row) {
    const uint32_t features = own->network.features;
    char label[LEARN_LABEL] = {0};
    if (row) memset(row, 0, (features + 1) * sizeof *row);
    strncpy(label, own->network.label[class_id], sizeof label - 1);
    const int32_t place = learn_find(&own->learnt, label);
    if (place < 0) return false;
    const learn_class *found = learn_at(&own->learnt, (uint32_t)place);
    if (!row) return true;
    memcpy(row, learn_sums(found), features * sizeof *row);
    row[features] = found->examples;
    return true;
}

static uint16_t give(const fleet_wanted *wanted, int32_t *values) {
    const learner *own = learn_own();
    bool some = false;
    if (!own || wanted->kind != LINK_FLEET_KIND_SUMS) return 0;
    const uint32_t columns = own->network.features + 1u;
    for (uint32_t i = 0; i < own->network.classes; i++) some |= row_of(own, i, values ? values + i * columns : NULL);
    return some ? (uint16_t)(own->network.classes * columns) : 0;
}

static uint8_t digit(char c) {
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static const uint8_t *model(void) { // of "6efb37aa995d7b74"
    static uint8_t made[FLEET_MODEL];
    const char *hash = service->model ? service->model->hash : "";
    memset(made, 0, sizeof made);
    for (uint32_t i = 0; i < FLEET_MODEL && hash[2 * i] && hash[2 * i + 1]; i++) {
        made[i] = (uint8_t)(digit(hash[2 * i]) << 4 | digit(hash[2 * i + 1]));
    }
    return made;
}

void fleet_share_classes(service_config *config, int32_t *values, uint16_t room) {
    giver = (fleet_giver){values, room, give, model};
    service = config;
    fleet_start(&giver);
    config->fleet = fleet_run;
}
