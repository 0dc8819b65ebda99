// device.h: a learner (learner.h) beside the compiled network of an application: features, store, link, button. One a
// program; no heap.
//
//     static uint32_t memory[LEARN_ROOM(64, 12, 12, 14)];
//     void setup() {
//         learn_start(&service, &learning, memory);         // before the model is taken into use
//     bool use(...) {
//         service.model = learn_use(network, events, &decision); // NULL: it does not suit the decision
//     void loop() {
//         const int8_t *scores = learn_window(awake ? level : 0);   // after nn_run(service.model)
//         if (decide_push(&decision, learn_is_shown() ? NULL : scores, &event)) learn_event(&event), ...
//
// The last features are the output of the layer before the last two, a fully connected layer and a softmax. They are
// copied when that layer has run, since later layers may use their place. Where a network ends otherwise, has more
// features than there is memory for, or runs on an interpreter that hides its layers (NN_RUN_BY_ENGINE), the network
// answers alone and LINK_LEARN is refused.
//
// The classes that were learnt come behind the network's: in session info, scores, events and thresholds. What was
// learnt is kept in the board's store at once, a value for each class.
#ifndef LEARN_DEVICE_H
#define LEARN_DEVICE_H

#include "decide/decide.h"
#include "learn/learner.h"
#include "nn/stream.h"
#include "service/service.h"

#ifdef __cplusplus
extern "C" {
#endif

// `config` and `memory` (LEARN_ROOM words) stay alive. The service then has a baseline that is these classes.
void learn_start(service_config *service, const learn_config *config, uint32_t *memory);

// The network as it is to be run from now on, its labels with those learnt; the decision begins afresh. NULL: more
// classes than a decision has. All three stay alive.
const nn_model *learn_use(const nn_model *network, const decide_config *events, decide_state *decision);
const nn_stream *learn_use_stream(const nn_stream *stream); // of the network that learn_use was given, likewise

// After each window. `level`: how much there is in it, 0: the network slept -> NULL. Else the scores of all classes, as
// many as the decision has.
const int8_t *learn_window(uint32_t level);
bool learn_is_shown(void);                   // somebody shows an example: no event is meant
void learn_event(const decide_event *event); // that the latest window made
void learn_afresh(void);                     // samples that come now do not follow those before

const learner *learn_own(void); // what was learnt, as it is now; NULL: nothing can be, or a host is writing it

// In every turn of the loop, on boards with a button: a press learns the class "own" from three examples; another one
// meanwhile learns from those that there were. Two seconds forget it.
void learn_button(bool pressed, uint32_t now_us);

#ifdef __cplusplus
}
#endif
#endif
