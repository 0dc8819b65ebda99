// inside.h: what the two halves of a learner share: learner.c answers, lesson.c is taught.
#ifndef LEARN_INSIDE_H
#define LEARN_INSIDE_H

#include "learn/learner.h"

uint32_t learner_class_of(const learner *l, const char *label); // of the network; as many as it has: none
void learner_settle(learner *l);                                // other classes than before answer from now on
void learner_watch(learner *l, uint32_t level);                 // the latest window, while it learns

#endif
