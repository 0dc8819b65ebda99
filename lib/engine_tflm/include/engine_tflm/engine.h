// engine.h: an nn_model over TensorFlow Lite Micro's interpreter, so that applications, parity, latency and the rig run
// with either engine. `python -m ml compile MODEL.tflite --engine tflm` writes the source file that makes one:
//
//     static engine_tflm::Operator used[] = {engine_tflm::hooked<0>(), engine_tflm::hooked<1>()};
//     static engine_tflm::Engine engine({data, arena, sizeof arena, ...}, &net_model); // before main()
//
// An inference (nn_run) is one Invoke. `step(layer)` is an Invoke in which every other operator is passed over; the
// hooks around the operators see to that. So a layer's output is read before the next one may reuse its place, and
// no tensor is kept for that alone. C++11 and later; no heap, no exceptions, no RTTI. docs/tflm.md
#ifndef ENGINE_TFLM_ENGINE_H
#define ENGINE_TFLM_ENGINE_H

#include "nn/model.h"

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"

namespace engine_tflm {

typedef TfLiteStatus (*Invoke)(TfLiteContext *, TfLiteNode *);

// A kind of operator of the model. Only `hook` is given; the rest is filled in when the interpreter asks for it.
struct Operator {
    Invoke hook;
    Invoke own;                    // what the hook stands before
    const TFLMRegistration *found; // NULL: not asked for yet
    TFLMRegistration hooked;
};

// A window of which an inference takes the newest rows, as nn_stream wants it; all zero for other models.
struct Window {
    int8_t *rows; // the window, oldest row first
    uint32_t size;
    int8_t zero; // of the input: what the window is full of at the start
    uint16_t *steps;
};

struct Setup {
    const uint8_t *tflite;
    uint8_t *arena; // aligned to 16
    uint32_t arena_size;
    const tflite::MicroOpResolver *resolver;
    Operator *used;
    uint8_t kinds;
    uint8_t variables; // resource variables (VAR_HANDLE)
    nn_layer *layer;   // of the main subgraph's operators; `data` is filled in as they run
    uint16_t layers;
    Window window;
};

// Hands out the operators of another resolver with hooks.
class Resolver final : public tflite::MicroOpResolver {
  public:
    Resolver(const tflite::MicroOpResolver &resolver, Operator *used, uint8_t kinds)
        : resolver_(resolver), used_(used), kinds_(kinds) {}
    const TFLMRegistration *FindOp(tflite::BuiltinOperator op) const override;
    const TFLMRegistration *FindOp(const char *name) const override;
    tflite::TfLiteBridgeBuiltinParseFunction GetOpDataParser(tflite::BuiltinOperator op) const override;

  private:
    const TFLMRegistration *hooked(const TFLMRegistration *found) const;
    const tflite::MicroOpResolver &resolver_;
    Operator *const used_;
    const uint8_t kinds_;

    // As TF_LITE_REMOVE_VIRTUAL_DELETE, without its unused names: nothing is deleted, so ::delete is not linked.
    void operator delete(void *) {}
    void operator delete(void *, size_t) {}
};

class Engine {
  public:
    // Allocates the tensors and completes `shown`, whose constants are given. Where that fails (an arena too small, an
    // operator too many), `shown` gets no input and no layers, which every application refuses as it starts.
    Engine(const Setup &setup, nn_model *shown);
    void run();
    void step(uint16_t layer);
    void reset(); // state to its start, the window empty

    TfLiteStatus invoked(Operator &op, TfLiteContext *context, TfLiteNode *node); // of hooks
    static Engine *running;
    static Engine *of(const nn_model *model); // NULL: another engine's
    const Setup setup;

  private:
    bool start();
    void take_rows();
    void invoke(uint16_t wanted);

    Resolver resolver_;
    nn_model *const shown_;
    tflite::MicroInterpreter *interpreter_; // NULL: there is none
    Engine *next_;
    uint16_t wanted_, at_; // layers: the one to run, and the next that the interpreter comes to
    bool inside_;          // an operator is at work, perhaps with a subgraph of its own
    alignas(tflite::MicroInterpreter) unsigned char memory_[sizeof(tflite::MicroInterpreter)];
};

template <unsigned kind> TfLiteStatus hook(TfLiteContext *context, TfLiteNode *node) {
    return Engine::running->invoked(Engine::running->setup.used[kind], context, node);
}

template <unsigned kind> Operator hooked() {
    Operator op = {};
    op.hook = hook<kind>;
    return op;
}

} // namespace engine_tflm
#endif
