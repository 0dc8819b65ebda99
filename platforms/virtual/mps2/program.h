// program.h: a firmware as the boot stage and updates see it: it begins with its vectors, whose reserved words describe
// it, and it always runs at the same place.
#ifndef MPS2_PROGRAM_H
#define MPS2_PROGRAM_H

#include "mps2.h"

#define PROGRAM_MAGIC 0x57464854u // "THFW"
#define PROGRAM_PLACE ((uintptr_t)MPS2_BOOT_SIZE)
#define PROGRAM_ROOM  (0x00100000u - MPS2_BOOT_SIZE) // of the boards' flash

enum { PROGRAM_ID_WORD = 4 }; // of the linker's note, behind its head

typedef struct {
    uint32_t stack, reset, handlers[5]; // vectors
    uint32_t magic, size;               // bytes of the whole
    const uint32_t *id;                 // of the build: the linker's note
} program_head;

static inline bool is_program(const program_head *p, uint32_t room) {
    const uint32_t id = (uint32_t)p->id - PROGRAM_PLACE;
    return room >= sizeof *p && p->magic == PROGRAM_MAGIC && p->size >= sizeof *p && p->size <= room &&
           p->reset - PROGRAM_PLACE < p->size && id % 4 == 0 && id < p->size - 4u * (PROGRAM_ID_WORD + 1);
}

#endif
