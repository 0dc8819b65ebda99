#include "engine_tflm/engine.h"

#include <new>
#include <string.h>

#include "tensorflow/lite/micro/kernels/kernel_util.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace engine_tflm {

namespace {
const uint16_t ALL = UINT16_MAX;
Engine *first; // of all engines of the program
} // namespace

Engine *Engine::running;

const TFLMRegistration *Resolver::FindOp(tflite::BuiltinOperator op) const {
    return hooked(resolver_.FindOp(op));
}

const TFLMRegistration *Resolver::FindOp(const char *name) const {
    return hooked(resolver_.FindOp(name));
}

tflite::TfLiteBridgeBuiltinParseFunction Resolver::GetOpDataParser(tflite::BuiltinOperator op) const {
    return resolver_.GetOpDataParser(op);
}

const TFLMRegistration *Resolver::hooked(const TFLMRegistration *found) const {
    if (!found) return nullptr;
    for (Operator *op = used_; op < used_ + kinds_; op++) {
        if (op->found && op->found != found) continue;
        op->found = found;
        op->own = found->invoke;
        op->hooked = *found;
        op->hooked.invoke = op->hook;
        return &op->hooked;
    }
    return nullptr;
}

Engine::Engine(const Setup &given, nn_model *shown)
    : setup(given), resolver_(*given.resolver, given.used, given.kinds), shown_(shown), interpreter_(nullptr),
      next_(first), wanted_(ALL), at_(0), inside_(false) {
    first = this;
    for (uint16_t i = 0; i < setup.layers; i++) setup.layer[i].data = (const int8_t *)setup.arena;
    if (start()) {
        reset();
        return;
    }
    interpreter_ = nullptr;
    shown_->input = shown_->output = (int8_t *)setup.arena;
    shown_->input_size = shown_->output_size = shown_->arena_size = 0;
    shown_->layers = 0;
}

bool Engine::start() {
    tflite::MicroAllocator *allocator = tflite::MicroAllocator::Create(setup.arena, setup.arena_size);
    if (!allocator) return false;
    tflite::MicroResourceVariables *variables = nullptr;
    if (setup.variables) {
        variables = tflite::MicroResourceVariables::Create(allocator, setup.variables);
        if (!variables) return false;
    }
    running = this; // an operator may be invoked to fold a constant
    interpreter_ =
        new (memory_) tflite::MicroInterpreter(tflite::GetModel(setup.tflite), resolver_, allocator, variables);
    if (interpreter_->AllocateTensors() != kTfLiteOk) return false;
    const TfLiteTensor *input = interpreter_->input(0), *output = interpreter_->output(0);
    const uint32_t expected = setup.window.rows ? setup.window.size : shown_->input_size;
    if (!input || !output || input->bytes != expected || output->bytes != shown_->output_size) return false;
    if (!setup.window.rows) shown_->input = input->data.int8;
    shown_->output = output->data.int8;
    return true;
}

// The oldest rows leave the window, those in `shown->input` enter it.
void Engine::take_rows() {
    const Window &window = setup.window;
    if (!window.rows) return;
    const uint32_t stays = window.size - shown_->input_size;
    memmove(window.rows, window.rows + shown_->input_size, stays);
    memcpy(window.rows + stays, shown_->input, shown_->input_size);
    memcpy(interpreter_->input(0)->data.int8, window.rows, window.size);
}

void Engine::invoke(uint16_t wanted) {
    running = this;
    wanted_ = wanted;
    at_ = 0;
    interpreter_->Invoke();
}

void Engine::run() {
    if (!interpreter_) return;
    take_rows();
    invoke(ALL);
}

void Engine::step(uint16_t layer) {
    if (!interpreter_) return;
    if (!layer) take_rows();
    invoke(layer);
}

void Engine::reset() {
    if (!interpreter_) return;
    interpreter_->Reset();
    if (setup.window.rows) memset(setup.window.rows, setup.window.zero, setup.window.size);
    if (setup.window.steps) *setup.window.steps = 0;
}

TfLiteStatus Engine::invoked(Operator &op, TfLiteContext *context, TfLiteNode *node) {
    if (inside_) return op.own(context, node); // of a subgraph that a layer runs
    const uint16_t layer = at_++;
    if (wanted_ != ALL && wanted_ != layer) return kTfLiteOk;
    inside_ = true;
    const TfLiteStatus status = op.own(context, node);
    inside_ = false;
    if (wanted_ == layer && node->outputs->size)
        setup.layer[layer].data = tflite::micro::GetEvalOutput(context, node, 0)->data.int8;
    return status;
}

Engine *Engine::of(const nn_model *model) {
    for (Engine *engine = first; engine; engine = engine->next_)
        if (engine->shown_ == model) return engine;
    return nullptr;
}

} // namespace engine_tflm

// In place of lib/nn's, which NN_RUN_BY_ENGINE leaves out: one Invoke rather than one a layer.
extern "C" void nn_run(const nn_model *model) {
    if (engine_tflm::Engine *engine = engine_tflm::Engine::of(model)) {
        engine->run();
        return;
    }
    for (uint16_t layer = 0; layer < model->layers; layer++) model->step(layer);
}
