#include "image/kernels.h"

// A bit for each pointer of a struct, by the word at which it lies.
#define AT(type, field) (UINT32_C(1) << (offsetof(type, field) / sizeof(void *)))

static inline void *place(uint32_t operand, uint8_t *const *base) {
    return base[IMAGE_REGION(operand)] + IMAGE_OFFSET(operand);
}

#define P(i)              place(operand[i], base)
#define N(i)              IMAGE_OFFSET(operand[i])
#define CALL_PRW(f, T)    f((const T *)P(0), P(1), P(2))
#define CALL_PRWS(f, T)   f((const T *)P(0), P(1), P(2), P(3))
#define CALL_PRRW(f, T)   f((const T *)P(0), P(1), P(2), P(3))
#define CALL_PRRWS(f, T)  f((const T *)P(0), P(1), P(2), P(3), P(4))
#define CALL_PRWW(f, T)   f((const T *)P(0), P(1), P(2), P(3))
#define CALL_PRWWW(f, T)  f((const T *)P(0), P(1), P(2), P(3), P(4))
#define CALL_TNRW(f, T)   f(P(0), N(1), P(2), P(3))
#define CALL_WNN(f, T)    f(P(0), (int8_t)(uint8_t)N(1), N(2))
#define CALL_NRW(f, T)    f(N(0), P(1), P(2))
#define CALL_NNNRW(f, T)  f(N(0), N(1), N(2), P(3), P(4))
#define CALL_RNW(f, T)    f(P(0), N(1), P(2))
#define CALL_RNRNNW(f, T) f(P(0), N(1), P(2), N(3), N(4), P(5))
#define CALL_WNWNR(f, T)  f(P(0), N(1), P(2), N(3), P(4))

#define KERNEL(id, version, function, operands, type, pointers)                                                        \
    static void run_##function(const uint32_t *operand, uint8_t *const *base) {                                        \
        CALL_##operands(function, type);                                                                               \
    }                                                                                                                  \
    const image_kernel image_##function = {id, version, #operands, sizeof(type), pointers, run_##function};
IMAGE_KERNELS(KERNEL)

#define LISTED(id, version, function, operands, type, pointers) &image_##function,
const image_kernel *const image_all_kernels[IMAGE_ALL_KERNELS] = {IMAGE_KERNELS(LISTED)};
