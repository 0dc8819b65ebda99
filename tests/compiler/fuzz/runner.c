// Runs many compiled models, each on several inputs, and writes every layer's output: a program of this computer, or
// bare on an emulated Cortex-M, where semihosting opens the same two files.
//
// batch.h is written by batch.py: all models, `models[]`, MODELS, INPUTS. Files: "inputs", one row after the other;
// "outputs", layer after layer.
#include "batch.h"
#include <stdio.h>
#include <string.h>

#ifdef __arm__
extern uint8_t stack_top[];
void reset(void);
__attribute__((section(".vectors"), used)) static void *const vectors[] = {stack_top, (void *)reset};

static int semihosting(int call, const void *argument) {
    register int r0 __asm__("r0") = call;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

typedef int file;
static file open_file(const char *name, int writing) {
    const struct {
        const char *name;
        int mode;
        size_t length;
    } asked = {name, writing ? 5 : 1, strlen(name)}; // "wb", "rb"
    return semihosting(0x01, &asked);
}
static int transfer(int call, file from, void *bytes, uint32_t size) {
    const struct {
        int handle;
        void *bytes;
        size_t size;
    } asked = {from, bytes, size};
    return semihosting(call, &asked) == 0; // bytes that are left
}
static int take(file from, void *bytes, uint32_t size) {
    return transfer(0x06, from, bytes, size);
}
static int give(file to, const void *bytes, uint32_t size) {
    return transfer(0x05, to, (void *)(uintptr_t)bytes, size);
}
#else
typedef FILE *file;
static file open_file(const char *name, int writing) {
    return fopen(name, writing ? "wb" : "rb");
}
static int take(file from, void *bytes, uint32_t size) {
    return fread(bytes, 1, size, from) == size;
}
static int give(file to, const void *bytes, uint32_t size) {
    return fwrite(bytes, 1, size, to) == size && fflush(to) == 0;
}
#endif

#define UNUSED 0x55 // in the arena before a run and behind it afterwards

static int guard_stands(const nn_model *model) {
    for (uint32_t i = 0; i < NN_GUARD; i++) {
        if (model->arena[model->arena_size + i] != UNUSED) return 0;
    }
    return 1;
}

static int run(const nn_model *model, file inputs, file outputs) {
    static uint8_t made[1 << 20]; // of all layers: one write each would be slow
    uint32_t size = 0;
    memset(model->arena, UNUSED, model->arena_size + NN_GUARD);
    if (!take(inputs, model->input, model->input_size)) return 0;
    for (uint16_t layer = 0; layer < model->layers; layer++) {
        model->step(layer);
        if (size + model->layer[layer].size > sizeof made) return 0;
        memcpy(made + size, model->layer[layer].data, model->layer[layer].size);
        size += model->layer[layer].size;
    }
    return guard_stands(model) && give(outputs, made, size);
}

static int run_all(void) {
    const file inputs = open_file("inputs", 0), outputs = open_file("outputs", 1);
    for (uint32_t number = 0; number < MODELS; number++) {
        if (models[number]->reset) models[number]->reset();
        for (int input = 0; input < INPUTS; input++) {
            if (!run(models[number], inputs, outputs)) return 1;
        }
    }
    return 0;
}

#ifdef __arm__
void reset(void) {
#ifdef __ARM_FP
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20; // the FPU: the kernels' objects are those of ml/profile/image.py
#endif
    run_all();
    semihosting(0x18, (const void *)0x20026); // SYS_EXIT, application exit
    for (;;) {
    }
}
#else
int main(void) {
    return run_all();
}
#endif
