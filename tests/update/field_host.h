// field_host.h: lib/field on this computer, with the flash of nor.h, and a host that gives it updates. The service is
// not there: nothing of it decides what becomes active.
#ifndef TESTS_FIELD_HOST_H
#define TESTS_FIELD_HOST_H

#include "../../lib/field/src/core.h"
#include "nor.h"

enum { FILE_BLOCK = 48, FILE_PART = 48 };

typedef struct { // an update file
    uint8_t *bytes;
    uint32_t signed_size; // of the manifest and its signature
    const uint8_t *manifest, *payload;
    uint32_t payload_size;
} update_file;

uint8_t *bytes_read(const char *path, uint32_t *size); // of a file; ends the program where there is none
update_file file_read(const char *path);
void file_digest(const update_file *file, uint8_t digest[UPDATE_DIGEST]); // that its manifest states

void board_start(void);  // as after a reset: only the flash is what it was
extern bool board_ended; // the firmware wants a reset

// Commands as the link has them: a link_status. The answer is in host_answer.
extern uint8_t host_answer[SERVICE_UPDATE_ANSWER];
uint8_t host_says(uint8_t command, const uint8_t *args, size_t size);

uint8_t host_announces(const update_file *file); // manifest and UPDATE_BEGIN
uint8_t host_sends(const update_file *file);     // the blocks that are missing, from a chosen one on
void service_polls(void);                        // a turn of the loop
void board_window(bool late);                    // two seconds later
uint8_t host_ends(void);                         // the windows of the trial, and UPDATE_CONFIRM
void host_delivers(const update_file *file);     // all of it; ends the program where something is refused

void require(bool right, const char *what); // ends the program with a line
const nn_model *board_model(void);          // in use; NULL: the compiled-in one

#endif
