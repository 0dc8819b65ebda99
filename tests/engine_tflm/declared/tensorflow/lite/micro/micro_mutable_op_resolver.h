// Where the header has a Register_...() of the operator as a default, here is one that stands for all of them.
#ifndef TENSORFLOW_LITE_MICRO_MICRO_MUTABLE_OP_RESOLVER_H_
#define TENSORFLOW_LITE_MICRO_MICRO_MUTABLE_OP_RESOLVER_H_

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/compatibility.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace tflite {

TFLMRegistration Default();

template <unsigned int tOpCount> class MicroMutableOpResolver : public MicroOpResolver {
  public:
    TF_LITE_REMOVE_VIRTUAL_DELETE

    explicit MicroMutableOpResolver() {}

    const TFLMRegistration *FindOp(tflite::BuiltinOperator op) const override;
    const TFLMRegistration *FindOp(const char *op) const override;
    TfLiteBridgeBuiltinParseFunction GetOpDataParser(BuiltinOperator op) const override;
    TfLiteStatus AddCustom(const char *name, const TFLMRegistration *registration);
    TfLiteStatus AddAbs(const TFLMRegistration &registration = Default());
    TfLiteStatus AddAdd(const TFLMRegistration &registration = Default());
    TfLiteStatus AddAddN(const TFLMRegistration &registration = Default());
    TfLiteStatus AddArgMax(const TFLMRegistration &registration = Default());
    TfLiteStatus AddArgMin(const TFLMRegistration &registration = Default());
    TfLiteStatus AddAssignVariable(const TFLMRegistration &registration = Default());
    TfLiteStatus AddAveragePool2D(const TFLMRegistration &registration = Default());
    TfLiteStatus AddBatchMatMul(const TFLMRegistration &registration = Default());
    TfLiteStatus AddBatchToSpaceNd(const TFLMRegistration &registration = Default());
    TfLiteStatus AddBroadcastArgs(const TFLMRegistration &registration = Default());
    TfLiteStatus AddBroadcastTo(const TFLMRegistration &registration = Default());
    TfLiteStatus AddCallOnce(const TFLMRegistration &registration = Default());
    TfLiteStatus AddCast(const TFLMRegistration &registration = Default());
    TfLiteStatus AddCeil(const TFLMRegistration &registration = Default());
    TfLiteStatus AddCircularBuffer();
    TfLiteStatus AddConcatenation(const TFLMRegistration &registration = Default());
    TfLiteStatus AddConv2D(const TFLMRegistration &registration = Default());
    TfLiteStatus AddCos(const TFLMRegistration &registration = Default());
    TfLiteStatus AddCumSum(const TFLMRegistration &registration = Default());
    TfLiteStatus AddDelay();
    TfLiteStatus AddDepthToSpace(const TFLMRegistration &registration = Default());
    TfLiteStatus AddDepthwiseConv2D(const TFLMRegistration &registration = Default());
    TfLiteStatus AddDequantize(const TFLMRegistration &registration = Default());
    TfLiteStatus AddDetectionPostprocess();
    TfLiteStatus AddDiv(const TFLMRegistration &registration = Default());
    TfLiteStatus AddElu(const TFLMRegistration &registration = Default());
    TfLiteStatus AddEmbeddingLookup(const TFLMRegistration &registration = Default());
    TfLiteStatus AddEnergy();
    TfLiteStatus AddEqual(const TFLMRegistration &registration = Default());
    TfLiteStatus AddEthosU();
    TfLiteStatus AddExp(const TFLMRegistration &registration = Default());
    TfLiteStatus AddExpandDims(const TFLMRegistration &registration = Default());
    TfLiteStatus AddFftAutoScale();
    TfLiteStatus AddFill(const TFLMRegistration &registration = Default());
    TfLiteStatus AddFilterBank();
    TfLiteStatus AddFilterBankLog();
    TfLiteStatus AddFilterBankSpectralSubtraction();
    TfLiteStatus AddFilterBankSquareRoot();
    TfLiteStatus AddFloor(const TFLMRegistration &registration = Default());
    TfLiteStatus AddFloorDiv(const TFLMRegistration &registration = Default());
    TfLiteStatus AddFloorMod(const TFLMRegistration &registration = Default());
    TfLiteStatus AddFramer();
    TfLiteStatus AddFullyConnected(const TFLMRegistration &registration = Default());
    TfLiteStatus AddGather(const TFLMRegistration &registration = Default());
    TfLiteStatus AddGatherNd(const TFLMRegistration &registration = Default());
    TfLiteStatus AddGreater(const TFLMRegistration &registration = Default());
    TfLiteStatus AddGreaterEqual(const TFLMRegistration &registration = Default());
    TfLiteStatus AddHardSwish(const TFLMRegistration &registration = Default());
    TfLiteStatus AddIf(const TFLMRegistration &registration = Default());
    TfLiteStatus AddL2Normalization(const TFLMRegistration &registration = Default());
    TfLiteStatus AddL2Pool2D(const TFLMRegistration &registration = Default());
    TfLiteStatus AddLeakyRelu(const TFLMRegistration &registration = Default());
    TfLiteStatus AddLess(const TFLMRegistration &registration = Default());
    TfLiteStatus AddLessEqual(const TFLMRegistration &registration = Default());
    TfLiteStatus AddLog(const TFLMRegistration &registration = Default());
    TfLiteStatus AddLogicalAnd(const TFLMRegistration &registration = Default());
    TfLiteStatus AddLogicalNot(const TFLMRegistration &registration = Default());
    TfLiteStatus AddLogicalOr(const TFLMRegistration &registration = Default());
    TfLiteStatus AddLogistic(const TFLMRegistration &registration = Default());
    TfLiteStatus AddLogSoftmax(const TFLMRegistration &registration = Default());
    TfLiteStatus AddMaximum(const TFLMRegistration &registration = Default());
    TfLiteStatus AddMaxPool2D(const TFLMRegistration &registration = Default());
    TfLiteStatus AddMean(const TFLMRegistration &registration = Default());
    TfLiteStatus AddMinimum(const TFLMRegistration &registration = Default());
    TfLiteStatus AddMirrorPad(const TFLMRegistration &registration = Default());
    TfLiteStatus AddMul(const TFLMRegistration &registration = Default());
    TfLiteStatus AddNeg(const TFLMRegistration &registration = Default());
    TfLiteStatus AddNotEqual(const TFLMRegistration &registration = Default());
    TfLiteStatus AddOverlapAdd();
    TfLiteStatus AddPack(const TFLMRegistration &registration = Default());
    TfLiteStatus AddPad(const TFLMRegistration &registration = Default());
    TfLiteStatus AddPadV2(const TFLMRegistration &registration = Default());
    TfLiteStatus AddPCAN();
    TfLiteStatus AddPrelu(const TFLMRegistration &registration = Default());
    TfLiteStatus AddQuantize(const TFLMRegistration &registration = Default());
    TfLiteStatus AddReadVariable(const TFLMRegistration &registration = Default());
    TfLiteStatus AddReduceMax(const TFLMRegistration &registration = Default());
    TfLiteStatus AddReduceMin(const TFLMRegistration &registration = Default());
    TfLiteStatus AddRelu(const TFLMRegistration &registration = Default());
    TfLiteStatus AddRelu6(const TFLMRegistration &registration = Default());
    TfLiteStatus AddReshape(const TFLMRegistration &registration = Default());
    TfLiteStatus AddResizeBilinear(const TFLMRegistration &registration = Default());
    TfLiteStatus AddResizeNearestNeighbor();
    TfLiteStatus AddReverseV2(const TFLMRegistration &registration = Default());
    TfLiteStatus AddRound(const TFLMRegistration &registration = Default());
    TfLiteStatus AddRsqrt(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSelectV2(const TFLMRegistration &registration = Default());
    TfLiteStatus AddShape(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSin(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSlice(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSoftmax(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSpaceToBatchNd(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSpaceToDepth(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSplit(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSplitV(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSqrt(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSquare(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSquaredDifference(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSqueeze(const TFLMRegistration &registration = Default());
    TfLiteStatus AddStacker();
    TfLiteStatus AddStridedSlice(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSub(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSum(const TFLMRegistration &registration = Default());
    TfLiteStatus AddSvdf(const TFLMRegistration &registration = Default());
    TfLiteStatus AddTanh(const TFLMRegistration &registration = Default());
    TfLiteStatus AddTranspose(const TFLMRegistration &registration = Default());
    TfLiteStatus AddTransposeConv(const TFLMRegistration &registration = Default());
    TfLiteStatus AddUnidirectionalSequenceLSTM(const TFLMRegistration &registration = Default());
    TfLiteStatus AddUnpack(const TFLMRegistration &registration = Default());
    TfLiteStatus AddVarHandle(const TFLMRegistration &registration = Default());
    TfLiteStatus AddWhile(const TFLMRegistration &registration = Default());
    TfLiteStatus AddWindow();
    TfLiteStatus AddZerosLike(const TFLMRegistration &registration = Default());
    unsigned int GetRegistrationLength() { return registrations_len_; }

  private:
    TFLMRegistration registrations_[tOpCount];
    unsigned int registrations_len_ = 0;
};

} // namespace tflite
#endif
