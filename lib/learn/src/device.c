#include "learn/device.h"

#include "device.h"

#include <string.h>

typedef char a_decision_has_room_for_all[(int)LEARN_MAX_CLASSES >= DECIDE_MAX_CLASSES ? 1 : -1];

learn_device learn_this;

void learn_start(service_config *service, const learn_config *config, uint32_t *memory) {
    memset(&learn_this, 0, sizeof learn_this);
    learner_init(&learn_this.own, config, memory);
    learn_this.service = service;
    learn_this.baseline.state = memory;
    learn_this.baseline.learnt = &learn_this.own.shown;
    learn_this.baseline.wanted = &learn_this.own.wanted;
    learn_this.baseline.classes = &learn_this.own.classes;
    learn_this.baseline.run = learn_run;
    learn_this.baseline.teach = learn_teach;
}

static void step(uint16_t layer) {
    const nn_model *given = learn_this.given;
    given->step(layer);
    if (layer != learn_this.layer) return;
    memcpy(learn_this.features, given->layer[layer].data, given->layer[layer].size);
    learn_this.ran = true;
}

// Whether it ends in a fully connected layer and a softmax.
static bool can_learn(const nn_model *m, const decide_config *events) {
#ifdef NN_RUN_BY_ENGINE
    (void)events;
    (void)m;
    return false;
#else
    const nn_layer *last = m->layer + m->layers - 1;
    if (m->layers < 3 || m->output_size != events->classes || last->size != m->classes || last[-1].size != m->classes)
        return false;
    if (last[-2].size > LEARN_MAX_FEATURES) return false;
    const learn_network network = {m->label, events->classes, events->background, (uint8_t)last[-2].size,
                                   nn_crc32(m->hash, (uint32_t)strlen(m->hash))};
    return learner_use(&learn_this.own, &network);
#endif
}

static void refresh(void) { // the thresholds of classes that stay are those that the host has set
    const uint8_t known = learn_this.events->classes, all = learn_this.own.answers.all;
    uint8_t before[LEARN_MAX_CLASSES], most = 0;
    memcpy(before, learn_this.decision->threshold, known);
    for (uint32_t i = 0; i < known; i++) {
        const uint8_t one = learn_this.threshold[i] = learn_this.events->threshold[i];
        if (one != DECIDE_NEVER && one > most) most = one;
    }
    memset(learn_this.threshold + known, most, (size_t)(all - known)); // as sure as for any other
    for (uint32_t i = 0; i < all; i++) learn_this.label[i] = learner_label(&learn_this.own, i);
    learn_this.own.changed = false;
    learn_this.model.classes = learn_this.decide.classes = all;
    (void)decide_init(learn_this.decision, &learn_this.decide); // all of them fit: learn_use has seen to it
    memcpy(learn_this.decision->threshold, before, known);
}

bool learn_renewed(void) {
    if (!learn_this.own.changed) return false;
    refresh();
    service_tell();
    return true;
}

const nn_model *learn_use(const nn_model *network, const decide_config *events, decide_state *decision) {
    const learn_config *c = learn_this.own.config;
    learn_this.given = NULL;
    learn_this.written = learn_this.ran = false;
    learn_this.service->baseline = NULL;
    if (decide_init(decision, events) != DECIDE_OK) return NULL;
    if (events->classes + c->places > DECIDE_MAX_CLASSES || !can_learn(network, events)) return network;
    learn_this.given = network;
    learn_this.events = events;
    learn_this.decision = decision;
    learn_this.decide = *events;
    learn_this.decide.threshold = learn_this.threshold;
    learn_this.model = *network;
    learn_this.model.label = learn_this.label;
    learn_this.model.step = step;
    learn_this.layer = (uint16_t)(network->layers - 3);
    learn_this.baseline.size = c->places * 4u * (uint32_t)LEARN_CLASS_WORDS(learn_this.own.network.features);
    learn_this.service->baseline = &learn_this.baseline;
    learn_restore();
    refresh();
    return &learn_this.model;
}

const nn_stream *learn_use_stream(const nn_stream *stream) {
    if (!learn_this.given) return stream;
    learn_this.stream = *stream;
    learn_this.stream.model = &learn_this.model;
    return &learn_this.stream;
}

const int8_t *learn_window(uint32_t level) {
    learner *own = &learn_this.own;
    const nn_model *model = learn_this.service->model;
    if (!learn_this.given) return level ? model->output : NULL;
    own->paused = learn_this.written || !learn_this.ran;
    const int8_t *made = learner_window(own, level, learn_this.features, level ? model->output : NULL);
    if (own->unsaved && !learn_this.written) (void)learn_save();
    if (!learn_renewed()) return made;
    return level ? learner_again(own) : NULL;
}

const learner *learn_own(void) {
    return learn_this.given && !learn_this.written ? &learn_this.own : NULL;
}

bool learn_is_shown(void) {
    return learn_this.given && learn_this.own.wanted;
}

void learn_event(const decide_event *event) {
    if (learn_this.given) learner_event(&learn_this.own, event->class_id);
}

void learn_afresh(void) {
    learn_this.ran = false;
    if (learn_this.given) learner_afresh(&learn_this.own);
}
