// What arrives in the slot that is not confirmed: blocks, and a mark for each page that is whole.
#include "inside.h"

#include "nn/model.h" // nn_crc32
#include <string.h>

typedef struct {
    uint32_t session, crc;
} page_mark; // of a page of the slot that has arrived whole; as much as the strictest flash writes

static bool bit(const uint8_t *bits, uint32_t number) {
    return bits[number / 8] >> number % 8 & 1;
}

static void set_bit(uint8_t *bits, uint32_t number) {
    bits[number / 8] |= (uint8_t)(1u << number % 8);
}

static update_arrival *arrival(const update *u) { // NULL: nothing arrives for it
    update_arrival *a = u->config.arrival;
    return a->of == u ? a : NULL;
}

static uint32_t mark_size(const update *u) {
    return u->flash.unit > sizeof(page_mark) ? u->flash.unit : (uint32_t)sizeof(page_mark);
}

bool blocks_fit(const update *u, uint32_t payload, uint32_t block) {
    const uint32_t pages = u->slot_size / u->flash.page;
    return block > 0 && block <= UPDATE_MAX_BLOCK && block % u->flash.unit == 0 &&
           (payload + block - 1) / block <= UPDATE_MAX_BLOCKS && pages <= UPDATE_MAX_PAGES &&
           pages * mark_size(u) <= u->flash.page;
}

void blocks_expect(update *u, uint32_t block, bool changes) {
    update_arrival *a = u->config.arrival;
    memset(a, 0, sizeof *a);
    a->of = u;
    a->block = block;
    a->changes = changes;
}

void blocks_forget(update *u) {
    if (arrival(u)) u->config.arrival->of = NULL;
}

bool blocks_are_changes(const update *u) {
    return arrival(u) && u->config.arrival->changes;
}

uint32_t update_block_size(const update *u) {
    return arrival(u) ? u->config.arrival->block : 0;
}

uint32_t update_blocks(const update *u) {
    const uint32_t block = update_block_size(u);
    return block ? (u->state.payload + block - 1) / block : 0;
}

static uint32_t target_start(const update *u) {
    return slots_start(u, slots_target(u));
}

static uint32_t mark_place(const update *u, uint32_t page) {
    return target_start(u) + u->slot_size + page * mark_size(u);
}

static page_mark mark_of(const update *u, uint32_t page) {
    const uint32_t size = u->flash.page;
    const page_mark mark = {u->state.session, nn_crc32(u->flash.bytes + target_start(u) + page * size, size)};
    return mark;
}

update_result blocks_start(update *u) {
    const bool done = board_flash_erase(target_start(u) + u->slot_size, u->flash.page) == BOARD_OK;
    return done ? UPDATE_OK : UPDATE_ERR_FLASH;
}

static bool pages_are_there(const update_arrival *a, uint32_t first, uint32_t last) {
    while (first <= last && bit(a->whole, first)) first++;
    return first > last;
}

// Which pages the marks say are there, after a start. A block is there if all pages that it touches are.
void blocks_find(update *u) {
    update_arrival *a = u->config.arrival;
    const uint32_t size = u->state.payload, page_size = u->flash.page;
    for (uint32_t page = 0; page < slots_to_pages(u, size) / page_size; page++) {
        const page_mark wanted = mark_of(u, page);
        if (memcmp(u->flash.bytes + mark_place(u, page), &wanted, sizeof wanted) == 0) set_bit(a->whole, page);
    }
    for (uint32_t number = 0; number < update_blocks(u); number++) {
        const uint32_t first = number * a->block, end = first + a->block < size ? first + a->block : size;
        if (pages_are_there(a, first / page_size, (end - 1) / page_size)) set_bit(a->received, number);
    }
}

bool update_has_block(const update *u, uint32_t number) {
    return number < update_blocks(u) && bit(u->config.arrival->received, number);
}

uint32_t update_missing(const update *u) {
    uint32_t missing = 0;
    for (uint32_t number = 0; number < update_blocks(u); number++) missing += !update_has_block(u, number);
    return missing;
}

// Writes the part of a block that lies in one page; the first one of a page erases it.
static update_result write_part(update *u, uint32_t at, const uint8_t *bytes, uint32_t size) {
    update_arrival *a = u->config.arrival;
    const uint32_t page_size = u->flash.page, page = at / page_size, start = target_start(u);
    uint8_t units[UPDATE_MAX_BLOCK];
    if (bit(a->whole, page)) return UPDATE_OK;
    if (!bit(a->erased, page)) {
        if (board_flash_erase(start + page * page_size, page_size) != BOARD_OK) return UPDATE_ERR_FLASH;
        set_bit(a->erased, page);
    }
    memset(units, 0xFF, sizeof units); // behind the end of the image
    memcpy(units, bytes, size);
    const uint32_t whole = (size + u->flash.unit - 1) / u->flash.unit * u->flash.unit;
    return board_flash_program(start + at, units, whole) == BOARD_OK ? UPDATE_OK : UPDATE_ERR_FLASH;
}

// Marks a page once every block that touches it is there.
static void mark_page(update *u, uint32_t page) {
    update_arrival *a = u->config.arrival;
    const uint32_t size = u->state.payload, page_size = u->flash.page;
    const uint32_t end = (page + 1) * page_size < size ? (page + 1) * page_size : size;
    if (bit(a->whole, page)) return;
    for (uint32_t number = page * page_size / a->block; number <= (end - 1) / a->block; number++)
        if (!bit(a->received, number)) return;
    uint8_t unit[256];
    const page_mark mark = mark_of(u, page);
    memset(unit, 0xFF, sizeof unit);
    memcpy(unit, &mark, sizeof mark);
    set_bit(a->whole, page);
    // Where a cut has left half a mark there is no room for another: the page is whole now, and comes again after a
    // start.
    board_flash_program(mark_place(u, page), unit, mark_size(u));
}

update_result update_block(update *u, uint32_t number, const uint8_t *bytes, uint32_t size) {
    update_arrival *a = arrival(u);
    if (u->state.phase != UPDATE_RECEIVING || !a) return UPDATE_ERR_PHASE;
    const uint32_t all = u->state.payload, page = u->flash.page;
    if (number >= update_blocks(u)) return UPDATE_ERR_BLOCK;
    const uint32_t first = number * a->block, wanted = all - first < a->block ? all - first : a->block;
    if (size != wanted) return UPDATE_ERR_BLOCK;
    if (bit(a->received, number)) return UPDATE_OK;
    for (uint32_t done = 0; done < size;) {
        const uint32_t at = first + done, room = page - at % page, now = size - done < room ? size - done : room;
        const update_result result = write_part(u, at, bytes + done, now);
        if (result) return result;
        done += now;
    }
    set_bit(a->received, number);
    for (uint32_t p = first / page; p <= (first + size - 1) / page; p++) mark_page(u, p);
    return UPDATE_OK;
}
