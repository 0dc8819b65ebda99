// What was learnt in the board's store: a value for each class, so that a cut costs no other class than the one that is
// being written. Each value is checked when it is read.
#include "board/board.h"
#include "device.h"

#include <string.h>

static char key[] = "learn?";

static const char *key_of(uint32_t place) {
    key[sizeof key - 2] = (char)('a' + place);
    return key;
}

static size_t size_of(void) {
    return 4 * LEARN_CLASS_WORDS(learn_this.own.network.features);
}

void learn_restore(void) {
    const learn_classes *learnt = &learn_this.own.learnt;
    for (uint32_t place = 0; place < learnt->places; place++) {
        learn_class *c = learn_at(learnt, place);
        if (board_store_read(key_of(place), c, size_of()) != size_of()) learn_remove(learnt, place);
    }
    learner_renew(&learn_this.own);
}

// A store may have room for one value alone, and give up another for it: all of them are read again.
bool learn_save(void) {
    learner *own = &learn_this.own;
    uint32_t there[LEARN_CLASS_WORDS(LEARN_MAX_FEATURES)];
    bool kept = true;
    for (uint32_t place = 0; place < own->learnt.places; place++) {
        const learn_class *c = learn_at(&own->learnt, place);
        if (own->unsaved >> place & 1) (void)board_store_write(key_of(place), c, learn_taken(c) ? size_of() : 0);
    }
    for (uint32_t place = 0; place < own->learnt.places; place++) {
        const learn_class *c = learn_at(&own->learnt, place);
        if (learn_taken(c) && (board_store_read(key_of(place), there, size_of()) != size_of() || there[0] != c->crc))
            kept = false;
    }
    own->unsaved = 0;
    if (kept) return true;
    own->news = LEARN_NOT_KEPT;
    own->told++;
    return false;
}
