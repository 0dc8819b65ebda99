// learner.h: a device that is shown examples of a class, learns it, and answers with it beside its network. No heap;
// one caller at a time.
//
//     learner_show(&own, label, 3);                                     // somebody claps three times
//     scores = learner_window(&own, level, features, network->output);  // each window; NULL: the network slept
//
// What was shown is learnt when so many examples have been seen. It is refused, and all stays as it was, if the
// examples are not alike, if their mean lies on that of another class, if they are what the device sees when nothing is
// meant, or if old windows would get another answer than before (guard.h). `news` says which.
#ifndef LEARN_LEARNER_H
#define LEARN_LEARNER_H

#include "learn/answer.h"
#include "learn/batch.h"
#include "learn/guard.h"
#include "learn/peak.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { // the numbers of the link (LINK_LEARN_NEWS_...)
    LEARN_NOTHING,
    LEARN_WAITING,    // for examples
    LEARN_EXAMPLE,    // one was seen
    LEARN_BACKGROUND, // one was none: it is what the device saw last when nothing was meant
    LEARN_UNLIKE,     // refused: the examples are not like each other
    LEARN_CLOSE,      // refused: their mean lies on that of `other`
    LEARN_WORSE,      // taken back: old windows got other answers
    LEARN_LEARNT,
    LEARN_LEARNT_LIKE, // learnt, but the network takes most of the examples for `other`
    LEARN_NOT_KEPT,    // learnt, but the store has no room: it lasts until the board restarts
    LEARN_STOPPED      // without an example
} learn_news;

typedef struct {
    uint8_t features; // of the network, at most; 1..LEARN_MAX_FEATURES
    uint8_t classes;  // of the network, at most; with `places` at most LEARN_MAX_CLASSES
    uint8_t places;   // classes to be learnt
    uint8_t guards;   // old windows, `classes` and up
    uint8_t longest;  // windows of an example
    uint16_t stray;   // as in `learn_classes`
} learn_config;

// 32-bit words of memory for a learner.
#define LEARN_ROOM(features, classes, places, guards)                                                                  \
    ((places) * LEARN_CLASS_WORDS(features) +                                                                          \
     ((guards) * LEARN_GUARD_BYTES(classes, features) + (LEARN_BATCH + 1) * ((features) + (classes)) +                 \
      4 * (features)) /                                                                                                \
         4 +                                                                                                           \
     1)

typedef struct {              // of a network
    const char *const *label; // `classes` of them
    uint8_t classes;
    uint8_t background; // the class of nothing; LEARN_NO_CLASS: there is none
    uint8_t features;
    uint32_t model; // CRC-32 of its hash
} learn_network;
#define LEARN_NO_CLASS 0xFF

typedef struct { // fields are private but for those below
    const learn_config *config;
    uint32_t *memory;
    learn_network network;
    learn_classes learnt;
    learn_answers answers;
    learn_batch batch;
    learn_peak peak;
    learn_guard guard;
    learn_background background;
    int8_t *shown_scores;            // of the network, for each of the batch, and for the example that is on its way
    const int8_t *features, *scores; // of the network, in the latest window; NULL: it slept
    int8_t all[LEARN_MAX_CLASSES];
    char label[LEARN_LABEL];
    uint8_t classes;        // that were learnt. From here on for everybody
    uint32_t shown, wanted; // examples; wanted 0: it is not learning
    uint8_t news;
    uint8_t other;    // class, among all; LEARN_NO_CLASS
    uint8_t left_out; // examples of the last batch that were unlike the others
    uint16_t told;    // news ever
    uint16_t unsaved; // a bit for each place that differs from what is kept
    bool changed;     // there are other classes than before: whoever has seen it sets it to false
    bool paused;      // set from outside: the network answers alone
} learner;

void learner_init(learner *l, const learn_config *config, uint32_t *memory); // before any other
// From now on with this network; what was learnt with another one is forgotten. False: it has more features or classes.
bool learner_use(learner *l, const learn_network *network);
void learner_hide(learner *l);  // `learnt` is being written from outside: the network answers alone until then
void learner_renew(learner *l); // `learnt` was written from outside: classes that are not valid go, the others answer

// The scores of a window: `network->classes` as they are, or moved, and those of other classes that were learnt behind
// them. NULL in NULL out. `level`: how much there is in the window. The pointers stay valid until the next window.
const int8_t *learner_window(learner *l, uint32_t level, const int8_t *features, const int8_t *scores);
const int8_t *learner_again(learner *l);           // the same window, once classes have changed
void learner_event(learner *l, uint32_t class_id); // the latest window made one
void learner_afresh(learner *l);                   // what comes next does not follow what was before

// Begins to learn a class of a label that fits, anew if it was learning; 0 examples: it learns no more. False: too many
// examples, or no room.
bool learner_show(learner *l, const char label[LEARN_LABEL], uint32_t examples);
bool learner_stop(learner *l); // learns from what was shown so far; false: it was not learning
bool learner_forget(learner *l, const char label[LEARN_LABEL]); // NULL: all. False: there is none of that label
const char *learner_label(const learner *l, uint32_t class_id); // of all classes; NULL: there are fewer

#ifdef __cplusplus
}
#endif
#endif
