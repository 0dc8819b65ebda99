#include "update/slots.h"

#include "board/board.h"
#include "changes.h"
#include "journal.h"
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

static uint8_t target(const update *u) {
    return u->state.confirmed == 0 ? 1 : 0;
}

static uint32_t slot_start(const update *u, uint8_t slot) {
    const uint32_t page = board_flash().page;
    return JOURNAL_PAGES * page + slot * (u->slot_size + page);
}

static uint32_t up_to_pages(uint32_t size) {
    const uint32_t page = board_flash().page;
    return (size + page - 1) / page * page;
}

uint32_t update_blocks(const update *u) {
    return u->block ? (u->state.payload + u->block - 1) / u->block : 0;
}

static uint32_t mark_size(const board_flash_part *part) {
    return part->unit > sizeof(page_mark) ? part->unit : (uint32_t)sizeof(page_mark);
}

static uint32_t mark_place(const update *u, const board_flash_part *part, uint32_t page) {
    return slot_start(u, target(u)) + u->slot_size + page * mark_size(part);
}

static page_mark mark_of(const update *u, const board_flash_part *part, uint32_t page) {
    const page_mark mark = {u->state.session,
                            nn_crc32(part->bytes + slot_start(u, target(u)) + page * part->page, part->page)};
    return mark;
}

// Which pages of the target are there, after a start.
static void read_marks(update *u) {
    const board_flash_part part = board_flash();
    for (uint32_t page = 0; page < up_to_pages(u->state.payload) / part.page; page++) {
        page_mark there;
        const page_mark wanted = mark_of(u, &part, page);
        memcpy(&there, part.bytes + mark_place(u, &part, page), sizeof there);
        if (memcmp(&there, &wanted, sizeof there) == 0) set_bit(u->whole, page);
    }
}

static void forget_blocks(update *u) {
    memset(u->received, 0, sizeof u->received);
    memset(u->whole, 0, sizeof u->whole);
    memset(u->erased, 0, sizeof u->erased);
}

// A block is there if all pages that it touches are.
static void find_blocks(update *u) {
    const uint32_t page = board_flash().page, size = u->state.payload;
    for (uint32_t number = 0; number < update_blocks(u); number++) {
        const uint32_t first = number * u->block, end = first + u->block < size ? first + u->block : size;
        bool there = true;
        for (uint32_t p = first / page; p <= (end - 1) / page; p++) there = there && bit(u->whole, p);
        if (there) set_bit(u->received, number);
    }
}

update_result update_open(update *u, const update_config *config) {
    const board_flash_part part = board_flash();
    memset(u, 0, sizeof *u);
    u->config = *config;
    if (part.size < (JOURNAL_PAGES + 2 * UPDATE_SLOTS) * part.page) return UPDATE_ERR_FLASH;
    u->slot_size = (part.size / part.page - JOURNAL_PAGES) / UPDATE_SLOTS * part.page - part.page;
    journal_read(u);
    const uint8_t reason = config->restarted ? config->restarted : (uint8_t)UPDATE_BY_RESTART;
    return u->state.phase == UPDATE_TRIAL ? update_give_up(u, reason) : UPDATE_OK;
}

uint8_t update_running(const update *u) {
    return u->state.phase == UPDATE_TRIAL ? target(u) : u->state.confirmed;
}

static const uint8_t *image_in(const update *u, uint8_t slot) {
    return board_flash().bytes + slot_start(u, slot) + u->state.at[slot];
}

const uint8_t *update_image(const update *u, uint32_t *size) {
    const uint8_t slot = update_running(u);
    if (slot == UPDATE_NO_SLOT) return NULL;
    *size = u->state.size[slot];
    return image_in(u, slot);
}

static update_result check_sizes(const update *u, const update_offer *offer, uint32_t block) {
    const board_flash_part part = board_flash();
    const uint32_t size = offer->size, sent = offer->payload, before = offer->changes ? up_to_pages(sent) : 0;
    const bool fits = size > 0 && size <= u->slot_size && sent > 0 && sent <= u->slot_size &&
                      size <= u->slot_size - before && (offer->changes || sent == size) && block > 0 &&
                      block <= UPDATE_MAX_BLOCK && block % part.unit == 0 &&
                      (sent + block - 1) / block <= UPDATE_MAX_BLOCKS && u->slot_size / part.page <= UPDATE_MAX_PAGES &&
                      u->slot_size / part.page * mark_size(&part) <= part.page;
    return fits ? UPDATE_OK : UPDATE_ERR_SIZE;
}

static bool same_image(const update *u, const update_offer *offer) {
    const uint8_t slot = target(u);
    return u->state.session && u->state.offered == offer->counter && u->state.payload == offer->payload &&
           u->state.size[slot] == offer->size && memcmp(u->state.digest[slot], offer->digest, UPDATE_DIGEST) == 0;
}

// From here on the target's old image is no longer one to fall back to. The session begins behind the erase: a cut in
// between leaves none, and the next call begins here again.
static update_result start_afresh(update *u, const update_offer *offer) {
    const uint8_t slot = target(u);
    u->state.offered = offer->counter;
    u->state.payload = offer->payload;
    u->state.size[slot] = offer->size;
    u->state.at[slot] = offer->changes ? up_to_pages(offer->payload) : 0;
    memcpy(u->state.digest[slot], offer->digest, UPDATE_DIGEST);
    memcpy(u->state.version[slot], offer->version, UPDATE_VERSION);
    u->state.good &= (uint8_t)~(1u << slot);
    u->state.session = 0;
    u->state.phase = UPDATE_IDLE;
    update_result result = journal_write(u);
    const uint32_t page = board_flash().page;
    if (!result && board_flash_erase(slot_start(u, slot) + u->slot_size, page) != BOARD_OK) result = UPDATE_ERR_FLASH;
    if (!result) u->state.session = u->state.sequence + 1;
    return result;
}

update_result update_begin(update *u, const update_offer *offer, uint32_t block) {
    update_result result = check_sizes(u, offer, block);
    if (result) return result;
    if (u->state.phase == UPDATE_TRIAL) return UPDATE_ERR_PHASE;
    if (offer->counter <= u->state.counter) return UPDATE_ERR_COUNTER;
    const bool refused = u->state.reason == UPDATE_BY_DIGEST || u->state.reason == UPDATE_BY_CHANGES;
    const bool goes_on = same_image(u, offer) && !refused;
    forget_blocks(u);
    u->block = block;
    u->changes = offer->changes;
    if (!goes_on) result = start_afresh(u, offer);
    if (result) {
        u->block = 0;
        return result;
    }
    read_marks(u);
    find_blocks(u);
    if (u->state.phase == UPDATE_RECEIVING) return UPDATE_OK;
    u->state.phase = UPDATE_RECEIVING;
    u->state.reason = UPDATE_NOT_GIVEN_UP;
    return journal_write(u);
}

bool update_has_block(const update *u, uint32_t number) {
    return number < update_blocks(u) && bit(u->received, number);
}

// Writes the part of a block that lies in one page; the first one of a page erases it.
static update_result write_part(update *u, uint32_t at, const uint8_t *bytes, uint32_t size) {
    const board_flash_part part = board_flash();
    const uint32_t page = at / part.page, start = slot_start(u, target(u));
    uint8_t units[UPDATE_MAX_BLOCK];
    if (bit(u->whole, page)) return UPDATE_OK;
    if (!bit(u->erased, page)) {
        if (board_flash_erase(start + page * part.page, part.page) != BOARD_OK) return UPDATE_ERR_FLASH;
        set_bit(u->erased, page);
    }
    memset(units, 0xFF, sizeof units); // behind the end of the image
    memcpy(units, bytes, size);
    const uint32_t whole = (size + part.unit - 1) / part.unit * part.unit;
    return board_flash_program(start + at, units, whole) == BOARD_OK ? UPDATE_OK : UPDATE_ERR_FLASH;
}

// Marks a page once every block that touches it is there.
static update_result mark_page(update *u, uint32_t page) {
    const board_flash_part part = board_flash();
    const uint32_t size = u->state.payload;
    const uint32_t end = (page + 1) * part.page < size ? (page + 1) * part.page : size;
    if (bit(u->whole, page)) return UPDATE_OK;
    for (uint32_t number = page * part.page / u->block; number <= (end - 1) / u->block; number++)
        if (!bit(u->received, number)) return UPDATE_OK;
    uint8_t unit[256];
    const page_mark mark = mark_of(u, &part, page);
    memset(unit, 0xFF, sizeof unit);
    memcpy(unit, &mark, sizeof mark);
    set_bit(u->whole, page);
    // Where a cut has left half a mark there is no room for another: the page is whole now, and comes again after a
    // start.
    board_flash_program(mark_place(u, &part, page), unit, mark_size(&part));
    return UPDATE_OK;
}

update_result update_block(update *u, uint32_t number, const uint8_t *bytes, uint32_t size) {
    if (u->state.phase != UPDATE_RECEIVING || !u->block) return UPDATE_ERR_PHASE;
    const uint32_t all = u->state.payload, page = board_flash().page;
    if (number >= update_blocks(u)) return UPDATE_ERR_BLOCK;
    const uint32_t first = number * u->block, wanted = all - first < u->block ? all - first : u->block;
    if (size != wanted) return UPDATE_ERR_BLOCK;
    if (bit(u->received, number)) return UPDATE_OK;
    for (uint32_t done = 0; done < size;) {
        const uint32_t at = first + done, room = page - at % page, now = size - done < room ? size - done : room;
        const update_result result = write_part(u, at, bytes + done, now);
        if (result) return result;
        done += now;
    }
    set_bit(u->received, number);
    for (uint32_t p = first / page; p <= (first + size - 1) / page; p++) mark_page(u, p);
    return UPDATE_OK;
}

uint32_t update_missing(const update *u) {
    uint32_t missing = 0;
    for (uint32_t number = 0; number < update_blocks(u); number++) missing += !bit(u->received, number);
    return missing;
}

static update_result refused(update *u, uint8_t reason, update_result why) {
    const update_result result = update_give_up(u, reason);
    return result ? result : why;
}

// Out of the confirmed image and what has arrived, behind which the new one goes.
static update_result make_image(update *u) {
    const uint8_t slot = target(u), base = u->state.confirmed;
    const uint32_t size = u->state.size[slot], to = slot_start(u, slot) + u->state.at[slot];
    if (base == UPDATE_NO_SLOT || u->state.size[base] != size) return UPDATE_ERR_CHANGES;
    const update_changes changes = {image_in(u, base), board_flash().bytes + slot_start(u, slot), size,
                                    u->state.payload};
    if (!changes_are_right(&changes)) return UPDATE_ERR_CHANGES;
    if (board_flash_erase(to, up_to_pages(size)) != BOARD_OK || !changes_write(&changes, to)) return UPDATE_ERR_FLASH;
    return UPDATE_OK;
}

update_result update_finish(update *u) {
    if (u->state.phase != UPDATE_RECEIVING || !u->block) return UPDATE_ERR_PHASE;
    if (update_missing(u)) return UPDATE_ERR_MISSING;
    uint8_t digest[UPDATE_DIGEST];
    const uint8_t slot = target(u);
    const update_result made = u->changes ? make_image(u) : UPDATE_OK;
    if (made == UPDATE_ERR_CHANGES) return refused(u, UPDATE_BY_CHANGES, made);
    if (made) return made;
    u->config.digest(image_in(u, slot), u->state.size[slot], digest);
    if (memcmp(digest, u->state.digest[slot], UPDATE_DIGEST) != 0)
        return refused(u, UPDATE_BY_DIGEST, UPDATE_ERR_DIGEST);
    u->state.phase = UPDATE_VERIFIED;
    return journal_write(u);
}

update_result update_try(update *u) {
    if (u->state.phase != UPDATE_VERIFIED) return UPDATE_ERR_PHASE;
    u->state.phase = UPDATE_TRIAL;
    return journal_write(u);
}

update_result update_confirm(update *u) {
    if (u->state.phase != UPDATE_TRIAL) return UPDATE_ERR_PHASE;
    const uint8_t slot = target(u);
    u->state.confirmed = slot;
    u->state.good |= (uint8_t)(1u << slot);
    u->state.counter = u->state.offered;
    u->state.phase = UPDATE_IDLE;
    u->state.session = 0;
    return journal_write(u);
}

update_result update_give_up(update *u, uint8_t reason) {
    if (u->state.phase == UPDATE_IDLE) return UPDATE_ERR_PHASE;
    u->state.phase = UPDATE_IDLE;
    u->state.reason = reason;
    return journal_write(u);
}

update_result update_fall_back(update *u, uint8_t reason) {
    if (u->state.confirmed == UPDATE_NO_SLOT) return UPDATE_ERR_PHASE;
    const uint8_t other = target(u);
    u->state.good &= (uint8_t)~(1u << u->state.confirmed);
    u->state.confirmed = u->state.good >> other & 1 ? other : UPDATE_NO_SLOT;
    u->state.phase = UPDATE_IDLE;
    u->state.session = 0;
    u->state.reason = reason;
    return journal_write(u);
}
