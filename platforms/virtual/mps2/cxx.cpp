// cxx.cpp: what C++ asks of a machine that never ends a program and has no heap. Virtual destructors refer to
// operator delete, static objects register theirs, classes with pure functions need an answer to a call of one, and the
// containers of the standard library one to what would be an exception elsewhere.
#include <stddef.h>

void *__dso_handle;

void operator delete(void *) noexcept {}

void operator delete(void *, size_t) noexcept {}

namespace std {
#define FAULT(name, argument)                                                                                          \
    __attribute__((noreturn)) void name(argument) {                                                                    \
        __builtin_trap(); /* which the board tells */                                                                  \
    }
FAULT(__throw_bad_alloc, )
FAULT(__throw_bad_array_new_length, )
FAULT(__throw_bad_function_call, )
FAULT(__throw_length_error, const char *)
FAULT(__throw_logic_error, const char *)
FAULT(__throw_invalid_argument, const char *)
FAULT(__throw_out_of_range, const char *)
} // namespace std

extern "C" {
int __aeabi_atexit(void *, void (*)(void *), void *) {
    return 0;
}

__attribute__((noreturn)) void __cxa_pure_virtual() {
    __builtin_trap();
}

__attribute__((noreturn)) void abort() {
    __builtin_trap();
}
}
