// The exercise's checksum on the console, again for every byte that comes in.
#include "board/board.h"
#include "exercise.h"

static char line[] = "checksum 00000000\n";

void setup() {
    const uint32_t crc = exercise();
    for (int i = 0; i < 8; i++) line[16 - i] = "0123456789abcdef"[crc >> 4 * i & 15];
}

void loop() {
    const size_t length = sizeof line - 1;
    for (size_t sent = 0; sent < length;) sent += board_console_write((const uint8_t *)line + sent, length - sent);
    uint8_t asked;
    while (!board_console_read(&asked, 1)) board_sleep();
}
