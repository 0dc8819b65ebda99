// slots.h: two slots for images in the board's flash part, and a journal that the loss of power at any moment leaves
// readable. An image arrives in blocks, is compared with its digest, runs on trial, and is confirmed or given up. The
// slot that was confirmed last is never written. No heap; one caller at a time.
//
// The part, or a share of it: two pages of journal, then two slots of the same size; the last page of a slot has a mark
// for each page that has arrived whole. A record of the journal holds the whole state, and the newest one that is
// undamaged counts. So a cut leaves the state before or behind the operation that it hit. What arrives lies at the
// beginning of a slot. If it is what changed against another image, the new one is made behind it, and a cut leaves it
// to be made again.
//
// Who may give an image is not asked here: call update_begin only with what a verified signature covers.
#ifndef UPDATE_SLOTS_H
#define UPDATE_SLOTS_H

#include "board/board.h"

#include <stdbool.h>
#include <stdint.h>

#ifndef UPDATE_MAX_BLOCKS
#define UPDATE_MAX_BLOCKS 4096 // of an image; 1 bit each in `update_arrival`
#endif
#ifndef UPDATE_MAX_PAGES
#define UPDATE_MAX_PAGES 128 // of a slot; 2 bits each
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum { UPDATE_SLOTS = 2, UPDATE_NO_SLOT = 0xFF, UPDATE_DIGEST = 32, UPDATE_MAX_BLOCK = 256, UPDATE_VERSION = 24 };

typedef enum { // the reasons of the link (LINK_REFUSAL_...) have these numbers
    UPDATE_OK,
    UPDATE_ERR_FLASH,   // there is none, or it does not keep what is written
    UPDATE_ERR_SIZE,    // an image, a block or their number is too large, or no multiple of what flash writes
    UPDATE_ERR_COUNTER, // not above the confirmed one
    UPDATE_ERR_PHASE,   // not now
    UPDATE_ERR_BLOCK,   // outside the payload, or of another size
    UPDATE_ERR_MISSING, // blocks are missing
    UPDATE_ERR_DIGEST,  // the image is not what its digest says; it is given up
    UPDATE_ERR_CHANGES  // the payload makes no image out of the base; it is given up
} update_result;

typedef enum { UPDATE_IDLE, UPDATE_RECEIVING, UPDATE_VERIFIED, UPDATE_TRIAL } update_phase;

typedef enum { // why the last image was given up
    UPDATE_NOT_GIVEN_UP,
    UPDATE_BY_HOST,    // update_give_up's caller may give others, from 16 on
    UPDATE_BY_DIGEST,  // UPDATE_ERR_DIGEST
    UPDATE_BY_RESTART, // the board restarted during the trial
    UPDATE_BY_CHANGES, // UPDATE_ERR_CHANGES
    UPDATE_OWN_REASONS = 16
} update_reason;

typedef struct { // what a record of the journal says
    uint32_t sequence;
    uint32_t counter;            // of the confirmed image: only a higher one is taken
    uint32_t offered;            // of the image that is on its way
    uint32_t session;            // sequence of the record with which that began; marks name it
    uint32_t payload;            // bytes that are sent for it
    uint32_t size[UPDATE_SLOTS]; // bytes of the image, 0: none
    uint32_t at[UPDATE_SLOTS];   // where it begins in its slot
    uint32_t sum[UPDATE_SLOTS];  // CRC-32 of the image, once its digest was compared
    uint32_t owner;              // see update_config
    uint32_t trial;              // windows that the offered image must compute in time
    uint8_t digest[UPDATE_SLOTS][UPDATE_DIGEST];
    char version[UPDATE_SLOTS][UPDATE_VERSION]; // for people
    uint8_t confirmed;                          // slot, or UPDATE_NO_SLOT: the compiled-in model
    uint8_t good;                               // a bit for each slot whose image was confirmed once and is whole
    uint8_t phase;                              // update_phase, of the other slot
    uint8_t reason;                             // update_reason, or one of the caller's
    uint32_t crc;
} update_state;

typedef struct { // what a manifest announces
    uint32_t counter;
    uint32_t size;    // bytes of the image that comes out
    uint32_t payload; // bytes that are sent: `size`, or those of the changes
    uint32_t trial;   // windows
    bool changes;     // against the base, see update_config
    uint8_t digest[UPDATE_DIGEST];
    char version[UPDATE_VERSION];
} update_offer;

typedef struct { // out of which an image is made
    const uint8_t *base, *payload;
    uint32_t base_size, payload_size;
    uint32_t size; // of the image
} update_source;

// What arrives. Several `update` may share one: an update_begin ends what has arrived for another.
typedef struct {
    const void *of; // the `update`; NULL: nothing arrives
    uint32_t block; // bytes of a block
    bool changes;   // that is what arrives
    uint8_t received[UPDATE_MAX_BLOCKS / 8];
    uint8_t whole[UPDATE_MAX_PAGES / 8], erased[UPDATE_MAX_PAGES / 8]; // pages of the target
} update_arrival;

typedef struct { // what the firmware adds
    update_arrival *arrival;
    void (*digest)(const uint8_t *bytes, uint32_t size, uint8_t digest[UPDATE_DIGEST]);
    // Writes the image that comes out of changes into erased flash, at `to` of the part; see make.h.
    // UPDATE_ERR_CHANGES: it makes none.
    update_result (*make)(const update_source *source, uint32_t to);
    const uint8_t *base; // of changes; NULL: the confirmed image
    uint32_t base_size;
    uint32_t start, size; // bytes of the part that are for this; a size of 0: all
    uint32_t owner;       // what the images belong to, kept in the first record; see update_forget
    uint8_t restarted;    // reason of a trial that the start ends; 0: UPDATE_BY_RESTART
    bool goes_on;         // a start does not end the trial: who started it sees to that
} update_config;

typedef struct { // fields are private but for `state`
    update_state state;
    update_config config;
    board_flash_part flash;
    uint32_t slot_size; // bytes for an image; 0: there is no flash
    uint32_t next;      // where the journal goes on: offset in the part, 0: on the other page
    uint8_t page;       // of the journal
} update;

// Reads the journal, at every start. A trial that the start interrupted is over unless it goes_on, and an image that
// was half there may go on. UPDATE_ERR_FLASH: the board has no flash part; nothing else may be called.
update_result update_open(update *u, const update_config *config);

// The slot of the image that runs: of the one on trial, else of the confirmed one; UPDATE_NO_SLOT: the compiled-in
// model. Its bytes, NULL without an image.
uint8_t update_running(const update *u);
const uint8_t *update_image(const update *u, uint32_t *size);

// The image that runs is what it was when its digest was compared, as far as a CRC-32 can tell.
bool update_is_whole(const update *u);

// Images of another owner are no good: none is confirmed from now on. The counter stays.
update_result update_forget(update *u, uint32_t owner);

// A new image is announced. The same offer again goes on where it was: update_has_block says which blocks are there.
// `block`: bytes of all blocks but the last, a multiple of what flash writes, at most UPDATE_MAX_BLOCK.
update_result update_begin(update *u, const update_offer *offer, uint32_t block);

// Blocks in any order; one that is there already is no error. `size` may be shorter for the last one only.
update_result update_block(update *u, uint32_t number, const uint8_t *bytes, uint32_t size);
bool update_has_block(const update *u, uint32_t number);
uint32_t update_block_size(const update *u); // bytes; 0 before update_begin
uint32_t update_blocks(const update *u);     // of the payload; 0 before update_begin
uint32_t update_missing(const update *u);    // of these

update_result update_finish(update *u);  // all blocks are there: makes the image of changes, compares the digest
update_result update_try(update *u);     // from now on update_image is the new one
update_result update_confirm(update *u); // it is good: the counter rises
update_result update_give_up(update *u, uint8_t reason); // what is on its way, or on trial

// The confirmed image does not work, or is not wanted: back to the one before if it is still there, else to the
// compiled-in model. The counter stays.
update_result update_fall_back(update *u, uint8_t reason);

#ifdef __cplusplus
}
#endif
#endif
