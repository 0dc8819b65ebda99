// LINK_UPDATE_...: models that are given in the field. The service only moves the bytes; lib/field knows their meaning.
#include "core.h"

typedef char an_answer_fits_a_frame[(int)SERVICE_UPDATE_ANSWER <= (int)ANSWER_ROOM ? 1 : -1];

uint8_t service_update(service_command *c) {
    const service_updates *updates = service.config->updates;
    return updates ? updates->run(c->command, c->args, c->size, c->answer, &c->answered) : (uint8_t)LINK_UNSUPPORTED;
}
