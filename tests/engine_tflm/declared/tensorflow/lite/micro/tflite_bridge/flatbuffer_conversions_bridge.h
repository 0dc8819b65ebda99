#ifndef TENSORFLOW_LITE_MICRO_TFLITE_BRIDGE_FLATBUFFER_CONVERSIONS_BRIDGE_H_
#define TENSORFLOW_LITE_MICRO_TFLITE_BRIDGE_FLATBUFFER_CONVERSIONS_BRIDGE_H_

#include "tensorflow/lite/c/c_api_types.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace tflite {

class ErrorReporter;
class BuiltinDataAllocator;

using TfLiteBridgeBuiltinDataAllocator = BuiltinDataAllocator;
using TfLiteBridgeBuiltinParseFunction = TfLiteStatus (*)(const Operator *op, ErrorReporter *error_reporter,
                                                          BuiltinDataAllocator *allocator, void **builtin_data);

} // namespace tflite
#endif
