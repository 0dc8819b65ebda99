// resolver.cc: the toys' operators, for MicroMutableOpResolver of up to three.
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

namespace tflite {

TFLMRegistration registration(BuiltinOperator op); // of double.cc

TFLMRegistration Default() {
    return {};
}

template <unsigned int n> const TFLMRegistration *MicroMutableOpResolver<n>::FindOp(BuiltinOperator op) const {
    for (unsigned int i = 0; i < registrations_len_; i++)
        if (registrations_[i].builtin_code == op) return &registrations_[i];
    return nullptr;
}
template <unsigned int n> const TFLMRegistration *MicroMutableOpResolver<n>::FindOp(const char *) const {
    return nullptr;
}
template <unsigned int n>
TfLiteBridgeBuiltinParseFunction MicroMutableOpResolver<n>::GetOpDataParser(BuiltinOperator) const {
    return nullptr;
}
#define ADD(name, op)                                                                                                  \
    template <unsigned int n> TfLiteStatus MicroMutableOpResolver<n>::Add##name(const TFLMRegistration &) {            \
        if (registrations_len_ == n) return kTfLiteError;                                                              \
        registrations_[registrations_len_++] = registration(op);                                                       \
        return kTfLiteOk;                                                                                              \
    }
ADD(Add, BuiltinOperator_ADD)
ADD(Sub, BuiltinOperator_SUB)
ADD(CallOnce, BuiltinOperator_CALL_ONCE)
template class MicroMutableOpResolver<1>;
template class MicroMutableOpResolver<2>;
template class MicroMutableOpResolver<3>;

} // namespace tflite
