#include "nor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t nor_bytes[NOR_PAGES * NOR_PAGE] __attribute__((aligned(8)));
uint32_t nor_operations, nor_kept_from, nor_kept_to;
jmp_buf nor_power_gone;
static uint32_t cut_at = UINT32_MAX;
static nor_cut cut_kind;
static uint64_t x;

void nor_cut_at(uint32_t operation, nor_cut kind) {
    nor_operations = 0;
    cut_at = operation;
    cut_kind = kind;
}

void nor_seed(uint64_t seed) {
    x = seed;
}

uint32_t nor_chance(uint32_t below) { // splitmix64
    uint64_t z = x += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ (z >> 31)) % below);
}

board_flash_part board_flash(void) {
    const board_flash_part part = {nor_bytes, sizeof nor_bytes, NOR_PAGE, NOR_UNIT};
    return part;
}

static void violated(const char *rule, uint32_t at, size_t size) {
    printf("%s: %u, %zu bytes\n", rule, at, size);
    exit(1);
}

static bool within(uint32_t at, size_t size, uint32_t multiple) {
    return at <= sizeof nor_bytes && size <= sizeof nor_bytes - at && at % multiple == 0 && size % multiple == 0;
}

static bool kept(uint32_t at, size_t size) {
    return at < nor_kept_to && at + size > nor_kept_from;
}

// True: this is the operation, and it has been done as far as the cut lets it.
static bool cut_here(void (*torn)(uint32_t, const uint8_t *, size_t), uint32_t at, const uint8_t *bytes, size_t size) {
    if (nor_operations++ != cut_at || cut_kind == CUT_BEHIND) return false;
    if (cut_kind == CUT_TORN) torn(at, bytes, size);
    return true;
}

static void torn_erase(uint32_t at, const uint8_t *bytes, size_t size) {
    (void)bytes;
    const uint32_t share = 1 + nor_chance(255); // of the bits that are still as they were
    for (size_t i = 0; i < size; i++)
        for (int b = 0; b < 8; b++)
            if (nor_chance(256) >= share) nor_bytes[at + i] |= (uint8_t)(1u << b);
}

static void torn_program(uint32_t at, const uint8_t *bytes, size_t size) {
    const size_t whole = nor_chance((uint32_t)size);
    memcpy(nor_bytes + at, bytes, whole);
    nor_bytes[at + whole] = (uint8_t)(bytes[whole] | nor_chance(256));
}

static void power_gone_behind(void) {
    if (nor_operations - 1 == cut_at) longjmp(nor_power_gone, 1);
}

int32_t board_flash_erase(uint32_t at, size_t size) {
    if (!within(at, size, NOR_PAGE) || kept(at, size)) violated("erase", at, size);
    if (cut_here(torn_erase, at, NULL, size)) longjmp(nor_power_gone, 1);
    memset(nor_bytes + at, 0xFF, size);
    power_gone_behind();
    return BOARD_OK;
}

int32_t board_flash_program(uint32_t at, const void *bytes, size_t size) {
    if (!within(at, size, NOR_UNIT) || kept(at, size)) violated("program", at, size);
    for (size_t i = 0; i < size; i++)
        if (nor_bytes[at + i] != 0xFF) return BOARD_ERR_FLASH;
    if (cut_here(torn_program, at, (const uint8_t *)bytes, size)) longjmp(nor_power_gone, 1);
    memcpy(nor_bytes + at, bytes, size);
    power_gone_behind();
    return BOARD_OK;
}

int32_t board_flash_read(uint32_t at, void *bytes, size_t size) {
    if (!within(at, size, 1)) return BOARD_ERR_FLASH;
    memcpy(bytes, nor_bytes + at, size);
    return BOARD_OK;
}
