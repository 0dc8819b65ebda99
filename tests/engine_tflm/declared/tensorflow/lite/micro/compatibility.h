#ifndef TENSORFLOW_LITE_MICRO_COMPATIBILITY_H_
#define TENSORFLOW_LITE_MICRO_COMPATIBILITY_H_

#include <cstddef>
#include <cstdint>

#ifndef TF_LITE_REMOVE_VIRTUAL_DELETE
#define TF_LITE_REMOVE_VIRTUAL_DELETE                                                                                  \
    void operator delete(void *p) {}                                                                                   \
    void operator delete(void *p, size_t) {}
#endif

#endif
