// device.h: the inside of learn/device.h: device.c runs the network, kept.c keeps, taught.c answers host and button.
#ifndef LEARN_SRC_DEVICE_H
#define LEARN_SRC_DEVICE_H

#include "learn/device.h"

typedef struct {
    learner own;
    service_config *service;
    service_baseline baseline;
    const nn_model *given; // NULL: none that can learn
    const decide_config *events;
    decide_state *decision;
    nn_model model; // as given, with all classes
    nn_stream stream;
    const char *label[LEARN_MAX_CLASSES];
    decide_config decide;
    uint8_t threshold[LEARN_MAX_CLASSES];
    uint16_t layer; // whose output are the features
    bool ran;       // since the last window
    bool written;   // a host wrote into what is learnt, and has not said that it is whole
    int8_t features[LEARN_MAX_FEATURES];
    bool pressed;
    uint32_t pressed_us; // when that changed
} learn_device;

extern learn_device learn_this;

bool learn_renewed(void); // classes that have changed since answer now, and the service tells them; false: none has

// kept.c
void learn_restore(void); // what the store has, of this network
bool learn_save(void);    // what differs from it; false: it has no room

// taught.c
uint8_t learn_run(uint8_t operation, uint32_t windows);
uint8_t learn_teach(uint8_t operation, const uint8_t *args, size_t size, uint8_t *answer, size_t *answered);

#endif
