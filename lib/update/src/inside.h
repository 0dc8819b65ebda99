// inside.h: what the parts of lib/update share.
#ifndef UPDATE_INSIDE_H
#define UPDATE_INSIDE_H

#include "update/slots.h"

enum { JOURNAL_PAGES = 2 };

// journal.c: records in the first two pages.
void journal_read(update *u);           // the newest undamaged record; the first state where there is none
update_result journal_write(update *u); // u->state under the next sequence

// slots.c
uint8_t slots_target(const update *u);                   // the slot that is not confirmed
uint32_t slots_start(const update *u, uint8_t slot);     // offset in the part
uint32_t slots_to_pages(const update *u, uint32_t size); // rounded up

// blocks.c: what arrives in the target.
bool blocks_fit(const update *u, uint32_t payload, uint32_t block);
void blocks_expect(update *u, uint32_t block, bool changes);
void blocks_forget(update *u);
update_result blocks_start(update *u); // with nothing there
void blocks_find(update *u);           // those that are there
bool blocks_are_changes(const update *u);

#endif
