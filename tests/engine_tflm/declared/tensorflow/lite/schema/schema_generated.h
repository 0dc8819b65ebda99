#ifndef FLATBUFFERS_GENERATED_SCHEMA_TFLITE_H_
#define FLATBUFFERS_GENERATED_SCHEMA_TFLITE_H_

#include <stdint.h>

namespace tflite {

struct Model;
struct Operator;

enum BuiltinOperator : int32_t {
    BuiltinOperator_ADD = 0,
    BuiltinOperator_CUSTOM = 32,
    BuiltinOperator_SUB = 41,
    BuiltinOperator_CALL_ONCE = 129,
};

const tflite::Model *GetModel(const void *buf);

} // namespace tflite
#endif
