#include "update/slots.h"

#include "inside.h"
#include "nn/model.h" // nn_crc32
#include <string.h>

uint8_t slots_target(const update *u) {
    return u->state.confirmed == 0 ? 1 : 0;
}

uint32_t slots_start(const update *u, uint8_t slot) {
    const uint32_t page = u->flash.page;
    return u->config.start + JOURNAL_PAGES * page + slot * (u->slot_size + page);
}

uint32_t slots_to_pages(const update *u, uint32_t size) {
    const uint32_t page = u->flash.page;
    return (size + page - 1) / page * page;
}

update_result update_open(update *u, const update_config *config) {
    memset(u, 0, sizeof *u);
    u->config = *config;
    u->flash = board_flash();
    const uint32_t page = u->flash.page, left = u->flash.size - config->start;
    const uint32_t size = config->size && config->size < left ? config->size : left;
    if (config->start > u->flash.size || size < (JOURNAL_PAGES + 2 * UPDATE_SLOTS) * page) return UPDATE_ERR_FLASH;
    u->slot_size = (size / page - JOURNAL_PAGES) / UPDATE_SLOTS * page - page;
    journal_read(u);
    if (u->state.phase != UPDATE_TRIAL || config->goes_on) return UPDATE_OK;
    return update_give_up(u, config->restarted ? config->restarted : (uint8_t)UPDATE_BY_RESTART);
}

uint8_t update_running(const update *u) {
    return u->state.phase == UPDATE_TRIAL ? slots_target(u) : u->state.confirmed;
}

static const uint8_t *image_in(const update *u, uint8_t slot) {
    return u->flash.bytes + slots_start(u, slot) + u->state.at[slot];
}

const uint8_t *update_image(const update *u, uint32_t *size) {
    const uint8_t slot = update_running(u);
    if (slot == UPDATE_NO_SLOT) return NULL;
    *size = u->state.size[slot];
    return image_in(u, slot);
}

bool update_is_whole(const update *u) {
    uint32_t size;
    const uint8_t *bytes = update_image(u, &size);
    return bytes && nn_crc32(bytes, size) == u->state.sum[update_running(u)];
}

static void no_transfer(update *u) {
    u->state.phase = UPDATE_IDLE;
    u->state.session = 0;
}

update_result update_forget(update *u, uint32_t owner) {
    no_transfer(u);
    u->state.confirmed = UPDATE_NO_SLOT;
    u->state.good = 0;
    u->state.owner = owner;
    return journal_write(u);
}

static update_result check_sizes(const update *u, const update_offer *offer, uint32_t block) {
    const uint32_t size = offer->size, sent = offer->payload, before = offer->changes ? slots_to_pages(u, sent) : 0;
    const bool fits = size > 0 && size <= u->slot_size && sent > 0 && sent <= u->slot_size &&
                      size <= u->slot_size - before && (offer->changes || sent == size) && blocks_fit(u, sent, block);
    return fits ? UPDATE_OK : UPDATE_ERR_SIZE;
}

static bool same_image(const update *u, const update_offer *offer) {
    const uint8_t slot = slots_target(u);
    return u->state.session && u->state.offered == offer->counter && u->state.payload == offer->payload &&
           u->state.size[slot] == offer->size && memcmp(u->state.digest[slot], offer->digest, UPDATE_DIGEST) == 0;
}

// From here on the target's old image is no longer one to fall back to. The session begins behind the erase: a cut in
// between leaves none, and the next call begins here again.
static update_result start_afresh(update *u, const update_offer *offer) {
    const uint8_t slot = slots_target(u);
    u->state.offered = offer->counter;
    u->state.payload = offer->payload;
    u->state.trial = offer->trial;
    u->state.size[slot] = offer->size;
    u->state.at[slot] = offer->changes ? slots_to_pages(u, offer->payload) : 0;
    memcpy(u->state.digest[slot], offer->digest, UPDATE_DIGEST);
    memcpy(u->state.version[slot], offer->version, UPDATE_VERSION);
    u->state.good &= (uint8_t)~(1u << slot);
    no_transfer(u);
    update_result result = journal_write(u);
    if (!result) result = blocks_start(u);
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
    blocks_forget(u);
    if (!goes_on) result = start_afresh(u, offer);
    if (result) return result;
    blocks_expect(u, block, offer->changes);
    blocks_find(u);
    if (u->state.phase == UPDATE_RECEIVING) return UPDATE_OK;
    u->state.phase = UPDATE_RECEIVING;
    u->state.reason = UPDATE_NOT_GIVEN_UP;
    return journal_write(u);
}

static update_result refused(update *u, uint8_t reason, update_result why) {
    const update_result result = update_give_up(u, reason);
    return result ? result : why;
}

// Out of its base and what has arrived, behind which the new one goes.
static update_result make_image(update *u) {
    const uint8_t slot = slots_target(u), confirmed = u->state.confirmed;
    const uint32_t size = u->state.size[slot], to = slots_start(u, slot) + u->state.at[slot];
    update_source source = {u->config.base, u->flash.bytes + slots_start(u, slot), u->config.base_size,
                            u->state.payload, size};
    if (!source.base && confirmed != UPDATE_NO_SLOT) {
        source.base = image_in(u, confirmed);
        source.base_size = u->state.size[confirmed];
    }
    if (!source.base) return UPDATE_ERR_CHANGES;
    if (board_flash_erase(to, slots_to_pages(u, size)) != BOARD_OK) return UPDATE_ERR_FLASH;
    return u->config.make(&source, to);
}

update_result update_finish(update *u) {
    if (u->state.phase != UPDATE_RECEIVING || !update_block_size(u)) return UPDATE_ERR_PHASE;
    if (update_missing(u)) return UPDATE_ERR_MISSING;
    uint8_t digest[UPDATE_DIGEST];
    const uint8_t slot = slots_target(u);
    const update_result made = blocks_are_changes(u) ? make_image(u) : UPDATE_OK;
    if (made == UPDATE_ERR_CHANGES) return refused(u, UPDATE_BY_CHANGES, made);
    if (made) return made;
    u->config.digest(image_in(u, slot), u->state.size[slot], digest);
    if (memcmp(digest, u->state.digest[slot], UPDATE_DIGEST) != 0)
        return refused(u, UPDATE_BY_DIGEST, UPDATE_ERR_DIGEST);
    u->state.sum[slot] = nn_crc32(image_in(u, slot), u->state.size[slot]);
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
    const uint8_t slot = slots_target(u);
    u->state.confirmed = slot;
    u->state.good |= (uint8_t)(1u << slot);
    u->state.counter = u->state.offered;
    no_transfer(u);
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
    const uint8_t other = slots_target(u);
    u->state.good &= (uint8_t)~(1u << u->state.confirmed);
    u->state.confirmed = u->state.good >> other & 1 ? other : UPDATE_NO_SLOT;
    no_transfer(u);
    u->state.reason = reason;
    return journal_write(u);
}
