// Who teaches: a host over the link, or somebody at the board's button.
#include "device.h"
#include "link/messages.h" // link_learn, link_news, link_status

#include <string.h>

enum { EXAMPLES = 3, LONG_US = 2000000, BOUNCE_US = 30000 };

typedef char the_link_numbers_news_alike
    [(int)LEARN_STOPPED == (int)LINK_NEWS_STOPPED && (int)LEARN_WORSE == (int)LINK_NEWS_WORSE ? 1 : -1];

static uint8_t kept(void) {
    return learn_save() ? LINK_OK : LINK_UNSUPPORTED;
}

static uint8_t keep_all(void) {
    learn_this.own.unsaved = UINT16_MAX;
    return learn_this.written ? LINK_NOT_NOW : kept();
}

// What a host wrote: all of it, or what was kept.
static uint8_t use(void) {
    const learn_classes *learnt = &learn_this.own.learnt;
    learn_this.written = false;
    for (uint32_t i = 0; i < learnt->places; i++) {
        const learn_class *c = learn_at(learnt, i);
        if (!learn_taken(c) || (learn_valid(learnt, c) && learn_find(learnt, c->label) == (int32_t)i)) continue;
        learn_restore();
        return LINK_BAD_ARGUMENT;
    }
    learner_renew(&learn_this.own);
    return keep_all();
}

static uint8_t write(void) {
    if (!learn_this.written) {
        learner_hide(&learn_this.own); // nobody may look at half a class
    }
    learn_this.written = true;
    return LINK_OK;
}

static uint8_t forget(const char *label) {
    learn_this.own.wanted = 0;
    learn_this.written = false;
    if (!learner_forget(&learn_this.own, label)) return LINK_BAD_ARGUMENT;
    (void)learn_renewed();
    return kept();
}

static uint8_t operate(uint8_t operation) {
    if (operation == LINK_LEARN_STOP) return learner_stop(&learn_this.own) ? LINK_OK : LINK_NOT_NOW;
    if (operation == LINK_LEARN_FORGET) return forget(NULL);
    if (operation == LINK_LEARN_BEGIN) return LINK_UNSUPPORTED; // of a baseline
    if (learn_this.own.wanted) return LINK_NOT_NOW;
    if (operation == LINK_LEARN_WRITE) return write();
    return operation == LINK_LEARN_USE ? use() : keep_all();
}

uint8_t learn_run(uint8_t operation, uint32_t windows) {
    (void)windows;
    const uint8_t status = operate(operation);
    (void)learn_renewed(); // the labels that the service tells are those of the classes, before anybody asks for them
    return status;
}

static uint8_t tell(uint8_t *answer, size_t *answered) {
    const learner *own = &learn_this.own;
    answer[0] = own->news;
    answer[1] = own->other;
    answer[2] = own->left_out;
    answer[3] = own->classes;
    answer[4] = (uint8_t)own->told;
    answer[5] = (uint8_t)(own->told >> 8);
    *answered = 6;
    return LINK_OK;
}

uint8_t learn_teach(uint8_t operation, const uint8_t *args, size_t size, uint8_t *answer, size_t *answered) {
    char label[LEARN_LABEL] = {0};
    if (operation == LINK_LEARN_NEWS) return tell(answer, answered);
    const bool shows = operation == LINK_LEARN_SHOW; // a number before the label
    const uint8_t examples = shows ? args[0] : 0;
    memcpy(label, args + shows, size - shows); // the service has looked at the size
    if (!learn_label_fits(label) || examples > LEARN_BATCH) return LINK_BAD_ARGUMENT;
    if (learn_this.written) return LINK_NOT_NOW;
    if (!shows) return forget(label);
    return learner_show(&learn_this.own, label, examples) ? LINK_OK : LINK_NOT_NOW;
}

void learn_button(bool pressed, uint32_t now_us) {
    static const char label[LEARN_LABEL] = "own";
    const uint32_t lasted = now_us - learn_this.pressed_us;
    if (!learn_this.given || pressed == learn_this.pressed || lasted < BOUNCE_US) return;
    learn_this.pressed = pressed;
    learn_this.pressed_us = now_us;
    if (pressed) return;
    if (lasted >= LONG_US)
        (void)forget(label);
    else if (!learner_stop(&learn_this.own))
        (void)learner_show(&learn_this.own, label, EXAMPLES);
}
