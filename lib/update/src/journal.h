// journal.h: the records of slots.h in the first two pages of the flash part.
#ifndef UPDATE_JOURNAL_H
#define UPDATE_JOURNAL_H

#include "update/slots.h"

enum { JOURNAL_PAGES = 2 };

void journal_read(update *u);           // the newest undamaged record; the first state where there is none
update_result journal_write(update *u); // u->state under the next sequence

#endif
