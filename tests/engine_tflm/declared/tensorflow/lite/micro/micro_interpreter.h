#ifndef TENSORFLOW_LITE_MICRO_MICRO_INTERPRETER_H_
#define TENSORFLOW_LITE_MICRO_MICRO_INTERPRETER_H_

#include <cstddef>
#include <cstdint>

#include "tensorflow/lite/c/c_api_types.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"
#include "tensorflow/lite/micro/micro_profiler_interface.h"
#include "tensorflow/lite/schema/schema_generated.h"

#define TFLITE_SCHEMA_VERSION (3)

namespace tflite {

class MicroResourceVariables; // through micro_interpreter_graph.h

class MicroInterpreter {
  public:
    MicroInterpreter(const Model *model, const MicroOpResolver &op_resolver, uint8_t *tensor_arena,
                     size_t tensor_arena_size, MicroResourceVariables *resource_variables = nullptr,
                     MicroProfilerInterface *profiler = nullptr, bool preserve_all_tensors = false);
    MicroInterpreter(const Model *model, const MicroOpResolver &op_resolver, MicroAllocator *allocator,
                     MicroResourceVariables *resource_variables = nullptr, MicroProfilerInterface *profiler = nullptr);
    ~MicroInterpreter();
    TfLiteStatus AllocateTensors();
    TfLiteStatus Invoke();
    TfLiteStatus SetMicroExternalContext(void *external_context_payload);
    TfLiteTensor *input(size_t index);
    size_t inputs_size() const;
    TfLiteTensor *output(size_t index);
    size_t outputs_size() const;
    TfLiteEvalTensor *GetTensor(int tensor_index, int subgraph_index = 0);
    TfLiteStatus Reset();
    TfLiteStatus initialization_status() const;
    TfLiteStatus PrepareNodeAndRegistrationDataFromFlatbuffer();
    size_t arena_used_bytes() const;
    bool preserve_all_tensors() const;
    TfLiteStatus SetAlternateProfiler(MicroProfilerInterface *alt_profiler);

  protected:
    const MicroAllocator &allocator() const;
    const TfLiteContext &context() const;

  private:
    const Model *model_;
    const MicroOpResolver &op_resolver_;
    TfLiteContext context_;
    MicroAllocator &allocator_;
    bool tensors_allocated_;
    TfLiteStatus initialization_status_;
    TfLiteTensor **input_tensors_;
    TfLiteTensor **output_tensors_;
};

} // namespace tflite
#endif
