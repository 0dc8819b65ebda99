#include "inside.h"

#include "nn/model.h" // nn_crc32
#include <stddef.h>
#include <string.h>

static uint32_t record_size(const update *u) {
    return ((uint32_t)sizeof(update_state) + u->flash.unit - 1) / u->flash.unit * u->flash.unit;
}

static uint32_t page_start(const update *u, uint8_t page) {
    return u->config.start + page * u->flash.page;
}

static bool undamaged(const update_state *record) {
    return record->crc == nn_crc32(record, (uint32_t)offsetof(update_state, crc)) && record->sequence != 0 &&
           record->sequence != UINT32_MAX;
}

static bool erased(const uint8_t *bytes, uint32_t size) {
    while (size--)
        if (*bytes++ != 0xFF) return false;
    return true;
}

// The first place of the page behind which nothing is written; 0 where there is none. What a cut has left unfinished
// is not written again.
static uint32_t free_place(const update *u) {
    const uint32_t size = record_size(u), start = page_start(u, u->page);
    uint32_t place = 0;
    for (uint32_t at = start + (u->flash.page / size - 1) * size;; at -= size) {
        if (!erased(u->flash.bytes + at, size)) break;
        place = at;
        if (at == start) break;
    }
    return place == start ? 0 : place; // an empty page may be one whose erase was cut: it is erased again
}

void journal_read(update *u) {
    const uint32_t size = record_size(u);
    memset(&u->state, 0, sizeof u->state);
    u->state.confirmed = UPDATE_NO_SLOT;
    u->state.owner = u->config.owner;
    u->page = 1; // the first record goes to page 0
    u->next = 0;
    for (uint8_t page = 0; page < JOURNAL_PAGES; page++) {
        const uint32_t start = page_start(u, page);
        for (uint32_t at = start; at + size <= start + u->flash.page; at += size) {
            update_state record;
            memcpy(&record, u->flash.bytes + at, sizeof record);
            if (!undamaged(&record) || record.sequence <= u->state.sequence) continue;
            u->state = record;
            u->page = page;
        }
    }
    if (u->state.sequence) u->next = free_place(u);
}

static bool put(update *u, uint32_t at) {
    uint8_t record[(sizeof(update_state) + 255) / 256 * 256];
    memset(record, 0xFF, sizeof record);
    memcpy(record, &u->state, sizeof u->state);
    const uint32_t size = record_size(u);
    u->next = at + 2 * size <= page_start(u, u->page) + u->flash.page ? at + size : 0;
    return size <= sizeof record && board_flash_program(at, record, size) == BOARD_OK;
}

static bool put_on_the_other_page(update *u) {
    u->page ^= 1;
    const uint32_t start = page_start(u, u->page);
    return board_flash_erase(start, u->flash.page) == BOARD_OK && put(u, start);
}

update_result journal_write(update *u) {
    u->state.sequence++;
    u->state.crc = nn_crc32(&u->state, (uint32_t)offsetof(update_state, crc));
    if (u->next && put(u, u->next)) return UPDATE_OK;
    return put_on_the_other_page(u) ? UPDATE_OK : UPDATE_ERR_FLASH;
}
