"""The part of TensorFlow Lite's schema that the compiler reads: slots are positions in schema.fbs (version 3)."""

# TensorType -> numpy's name; what is not listed is not supported.
DTYPES = {
    0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16", 9: "int8", 10: "float64",
    12: "uint64", 15: "uint32", 16: "uint16", 17: "int4",
}  # fmt: skip

# Types without arithmetic and types of newer schemas, so that a refusal can name them.
NEWER_DTYPES = {
    5: "string",
    13: "resource",
    14: "variant",
    17: "int4",
    18: "bfloat16",
    19: "int2",
    20: "uint4",
    21: "float8_e4m3fn",
    22: "float8_e5m2",
}

ACTIVATIONS = {0: "none", 1: "relu", 2: "relu_n1_to_1", 3: "relu6", 4: "tanh", 5: "sign_bit"}

# BuiltinOperator -> name, complete up to the ones in use, so that an unsupported operator can be named.
_NAMES = """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR
    FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION
    LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH
    CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER
    BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE
    BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM
    ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE
    TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK
    LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD
    RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N
    GATHER_ND COS WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
    NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL
    PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS HASHTABLE
    HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE
    ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU
    DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2
    UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR RIGHT_SHIFT STABLEHLO_LOGISTIC STABLEHLO_ADD STABLEHLO_DIVIDE
    STABLEHLO_MULTIPLY STABLEHLO_MAXIMUM STABLEHLO_RESHAPE STABLEHLO_CLAMP STABLEHLO_CONCATENATE
    STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION STABLEHLO_SLICE STABLEHLO_CUSTOM_CALL STABLEHLO_REDUCE
    STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE STABLEHLO_EXPONENTIAL STABLEHLO_FLOOR STABLEHLO_LOG
    STABLEHLO_MINIMUM STABLEHLO_NEGATE STABLEHLO_OR STABLEHLO_POWER STABLEHLO_REMAINDER STABLEHLO_RSQRT
    STABLEHLO_SELECT STABLEHLO_SUBTRACT STABLEHLO_TANH STABLEHLO_SCATTER STABLEHLO_COMPARE STABLEHLO_CONVERT
    STABLEHLO_DYNAMIC_SLICE STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_PAD STABLEHLO_IOTA STABLEHLO_DOT_GENERAL
    STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE STABLEHLO_GATHER STABLEHLO_TRANSPOSE DILATE
    STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT STABLEHLO_CBRT STABLEHLO_CASE
"""
# Operators that run another subgraph.
CONTROL_FLOW = ("IF", "WHILE", "CALL", "CALL_ONCE", "STABLEHLO_WHILE", "STABLEHLO_CASE", "STABLEHLO_COMPOSITE")
# Custom operators that stand for a part of a network compiled for another chip -> what compiled it.
ACCELERATORS = {
    "ethos-u": "Vela, for Arm's Ethos-U",
    "edgetpu-custom-op": "the Edge TPU compiler, for Google's Coral",
}

OPERATORS = dict(enumerate(_NAMES.split()))

_ACTIVATION = "activation"
# Operator -> its options table: (name, slot, struct code, default). The code "s" is a string.
OPTIONS = {
    "CONV_2D": (
        ("padding", 0, "b", 0), ("stride_width", 1, "i", 0), ("stride_height", 2, "i", 0), (_ACTIVATION, 3, "b", 0),
        ("dilation_width", 4, "i", 1), ("dilation_height", 5, "i", 1),
    ),
    "DEPTHWISE_CONV_2D": (
        ("padding", 0, "b", 0), ("stride_width", 1, "i", 0), ("stride_height", 2, "i", 0),
        ("depth_multiplier", 3, "i", 0), (_ACTIVATION, 4, "b", 0), ("dilation_width", 5, "i", 1),
        ("dilation_height", 6, "i", 1),
    ),
    "AVERAGE_POOL_2D": (
        ("padding", 0, "b", 0), ("stride_width", 1, "i", 0), ("stride_height", 2, "i", 0), ("kernel_width", 3, "i", 0),
        ("kernel_height", 4, "i", 0), (_ACTIVATION, 5, "b", 0),
    ),
    "FULLY_CONNECTED": (
        (_ACTIVATION, 0, "b", 0), ("weights_format", 1, "b", 0), ("keep_num_dims", 2, "?", False),
    ),
    "SOFTMAX": (("beta", 0, "f", 0.0),),
    "CONCATENATION": (("axis", 0, "i", 0), (_ACTIVATION, 1, "b", 0)),
    "ADD": ((_ACTIVATION, 0, "b", 0),),
    "MEAN": (("keep_dims", 0, "?", False),),
    "STRIDED_SLICE": (
        ("begin_mask", 0, "i", 0), ("end_mask", 1, "i", 0), ("ellipsis_mask", 2, "i", 0), ("new_axis_mask", 3, "i", 0),
        ("shrink_axis_mask", 4, "i", 0), ("offset", 5, "?", False),
    ),
    "PACK": (("values_count", 0, "i", 0), ("axis", 1, "i", 0)),
    "UNPACK": (("num", 0, "i", 0), ("axis", 1, "i", 0)),
    "SPLIT": (("num_splits", 0, "i", 0),),
    "SPLIT_V": (("num_splits", 0, "i", 0),),
    "RESIZE_BILINEAR": (("align_corners", 2, "?", False), ("half_pixel_centers", 3, "?", False)),
    "TRANSPOSE_CONV": (
        ("padding", 0, "b", 0), ("stride_width", 1, "i", 0), ("stride_height", 2, "i", 0), (_ACTIVATION, 3, "b", 0),
    ),
    "DEPTH_TO_SPACE": (("block_size", 0, "i", 0),),
    "SPACE_TO_DEPTH": (("block_size", 0, "i", 0),),
    "MIRROR_PAD": (("mode", 0, "b", 0),),
    "CALL_ONCE": (("init_subgraph_index", 0, "i", 0),),
    "VAR_HANDLE": (("container", 0, "s", ""), ("shared_name", 1, "s", "")),
    "LEAKY_RELU": (("alpha", 0, "f", 0.0),),
    "RESIZE_NEAREST_NEIGHBOR": (("align_corners", 0, "?", False), ("half_pixel_centers", 1, "?", False)),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (
        (_ACTIVATION, 0, "b", 0), ("cell_clip", 1, "f", 0.0), ("proj_clip", 2, "f", 0.0), ("time_major", 3, "?", False),
    ),
    "SVDF": (("rank", 0, "i", 0), (_ACTIVATION, 1, "b", 0)),
    "BATCH_MATMUL": (("adj_x", 0, "?", False), ("adj_y", 1, "?", False)),
    "GELU": (("approximate", 0, "?", False),),
    "GATHER": (("axis", 0, "i", 0), ("batch_dims", 1, "i", 0)),
}  # fmt: skip
OPTIONS["MAX_POOL_2D"] = OPTIONS["AVERAGE_POOL_2D"]
OPTIONS["REDUCE_MAX"] = OPTIONS["SUM"] = OPTIONS["MEAN"]
OPTIONS["SUB"] = OPTIONS["MUL"] = OPTIONS["DIV"] = OPTIONS["ADD"]
