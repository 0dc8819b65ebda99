// double.cc: what the declarations promise, for models of a toy format, so that lib/engine_tflm can be run without
// TensorFlow Lite Micro. It is none of it: it keeps to what the headers say of calls and their order, and computes
// only x + 1 (ADD), 2 x (SUB) and a subgraph of one ADD (CALL_ONCE).
#include <cstdint>

#include "tensorflow/lite/micro/kernels/kernel_util.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"

namespace tflite {

struct Model { // the bytes that stand for a .tflite
    uint8_t magic, size, operators, kind[8];
};

const Model *GetModel(const void *buf) {
    return static_cast<const Model *>(buf);
}

namespace {

const int MOST = 8;

struct State { // of one interpreter; its tensors lie one after the other in the arena, and reuse two places
    const Model *model;
    const TFLMRegistration *registration[MOST];
    TfLiteEvalTensor tensor[MOST + 1];
    TfLiteTensor input, output;
    struct {
        int size, data[1];
    } outputs[MOST], inputs[MOST];
    TfLiteNode node[MOST];
    const MicroOpResolver *resolver;
};

struct Arena {
    uint8_t *start;
    size_t size;
};
Arena arenas[4];
State states[4];
int taken;

State *state_of(const TfLiteContext *context) {
    return static_cast<State *>(context->impl_);
}

TfLiteEvalTensor *eval_tensor(const TfLiteContext *context, int index) {
    return &state_of(context)->tensor[index];
}

TfLiteStatus each(TfLiteContext *context, TfLiteNode *node, int factor, int more) {
    const State *state = state_of(context);
    const int8_t *from = micro::GetEvalInput(context, node, 0)->data.int8;
    int8_t *to = micro::GetEvalOutput(context, node, 0)->data.int8;
    for (int i = 0; i < state->model->size; i++) to[i] = static_cast<int8_t>(factor * from[i] + more);
    return kTfLiteOk;
}

TfLiteStatus add_one(TfLiteContext *context, TfLiteNode *node) {
    return each(context, node, 1, 1);
}

TfLiteStatus twice(TfLiteContext *context, TfLiteNode *node) {
    return each(context, node, 2, 0);
}

// Runs another operator of the model as a subgraph does.
TfLiteStatus subgraph(TfLiteContext *context, TfLiteNode *node) {
    const TFLMRegistration *inner = state_of(context)->resolver->FindOp(BuiltinOperator_ADD);
    return inner ? inner->invoke(context, node) : kTfLiteError;
}

} // namespace

TFLMRegistration registration(BuiltinOperator op) {
    TFLMRegistration made = {};
    made.invoke = op == BuiltinOperator_ADD ? add_one : op == BuiltinOperator_SUB ? twice : subgraph;
    made.builtin_code = op;
    return made;
}

namespace micro {
TfLiteEvalTensor *GetMutableEvalInput(const TfLiteContext *context, const TfLiteNode *node, int index) {
    return context->GetEvalTensor(context, node->inputs->data[index]);
}
const TfLiteEvalTensor *GetEvalInput(const TfLiteContext *context, const TfLiteNode *node, int index) {
    return GetMutableEvalInput(context, node, index);
}
TfLiteEvalTensor *GetEvalOutput(const TfLiteContext *context, const TfLiteNode *node, int index) {
    return context->GetEvalTensor(context, node->outputs->data[index]);
}
} // namespace micro

void *MicroAllocator::AllocatePersistentBuffer(size_t) {
    return nullptr;
}
MicroAllocator::~MicroAllocator() {}
MicroAllocator *MicroAllocator::Create(uint8_t *start, size_t size, MemoryPlannerType) {
    arenas[taken] = {start, size};
    return reinterpret_cast<MicroAllocator *>(&arenas[taken]);
}

MicroResourceVariables *MicroResourceVariables::Create(MicroAllocator *, int) {
    return nullptr; // as where the arena is too small
}

MicroInterpreter::MicroInterpreter(const Model *model, const MicroOpResolver &resolver, MicroAllocator *allocator,
                                   MicroResourceVariables *, MicroProfilerInterface *)
    : model_(model), op_resolver_(resolver), context_(), allocator_(*allocator), tensors_allocated_(false),
      initialization_status_(kTfLiteOk), input_tensors_(nullptr), output_tensors_(nullptr) {
    states[taken].model = model;
    states[taken].resolver = &resolver;
    context_.impl_ = &states[taken++];
    context_.GetEvalTensor = eval_tensor;
}
MicroInterpreter::~MicroInterpreter() {}

TfLiteStatus MicroInterpreter::AllocateTensors() {
    State &state = *state_of(&context_);
    const Arena &arena = arenas[&state - states];
    if (model_->magic != 0x70 || arena.size < 2u * model_->size) return kTfLiteError;
    for (int i = 0; i <= model_->operators; i++)
        state.tensor[i].data.int8 = reinterpret_cast<int8_t *>(arena.start) + i % 2 * model_->size;
    for (int i = 0; i < model_->operators; i++) {
        state.registration[i] = op_resolver_.FindOp(static_cast<BuiltinOperator>(model_->kind[i]));
        if (!state.registration[i]) return kTfLiteError;
        state.inputs[i] = {1, {i}};
        state.outputs[i] = {1, {i + 1}};
        state.node[i].inputs = reinterpret_cast<TfLiteIntArray *>(&state.inputs[i]);
        state.node[i].outputs = reinterpret_cast<TfLiteIntArray *>(&state.outputs[i]);
    }
    state.input.bytes = state.output.bytes = model_->size;
    state.input.data = state.tensor[0].data;
    state.output.data = state.tensor[model_->operators].data;
    tensors_allocated_ = true;
    return kTfLiteOk;
}

TfLiteStatus MicroInterpreter::Invoke() {
    State &state = *state_of(&context_);
    for (int i = 0; i < model_->operators; i++)
        if (state.registration[i]->invoke(&context_, &state.node[i]) != kTfLiteOk) return kTfLiteError;
    return kTfLiteOk;
}

TfLiteTensor *MicroInterpreter::input(size_t) {
    return &state_of(&context_)->input;
}
TfLiteTensor *MicroInterpreter::output(size_t) {
    return &state_of(&context_)->output;
}
TfLiteStatus MicroInterpreter::Reset() {
    return kTfLiteOk;
}

} // namespace tflite
