// LINK_PROVOKE: a board that breaks on purpose, for tests of how it recovers; built in with -D SERVICE_PROVOKE=1 alone.
#include "core.h"

#if SERVICE_PROVOKE

static volatile bool for_ever = true;

static void hang(void) {
    while (for_ever) {
    }
}

static void fault(void) {
    __builtin_trap(); // an instruction that does not exist
}

static uint32_t deeper(uint32_t depth) {
    volatile uint32_t here[16] = {depth};
    return for_ever ? deeper(here[0] + 1) + here[0] : depth;
}

static void overflow(void) {
    (void)deeper(0);
}

uint8_t service_provoke(service_command *c) {
    static void (*const kinds[])(void) = {
        [LINK_PROVOKE_HANG] = hang, [LINK_PROVOKE_FAULT] = fault, [LINK_PROVOKE_STACK_OVERFLOW] = overflow};
    if (c->args[0] >= sizeof kinds / sizeof kinds[0]) return LINK_BAD_ARGUMENT;
    service_end_with(kinds[c->args[0]]);
    return LINK_OK;
}

#else

uint8_t service_provoke(service_command *c) {
    (void)c;
    return LINK_UNSUPPORTED;
}

#endif
