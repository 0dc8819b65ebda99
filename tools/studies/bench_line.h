// bench_line.h: a benchmark's figures as one line, sent again for each byte that the host sends.
#ifndef BENCH_LINE_H
#define BENCH_LINE_H

#include "board/board.h"

static char bench_line[200];
static size_t bench_length;

static void bench_put(const char *name, uint32_t value) {
    char digits[10];
    int count = 0;
    while (*name) bench_line[bench_length++] = *name++;
    do digits[count++] = (char)('0' + value % 10);
    while (value /= 10);
    while (count) bench_line[bench_length++] = digits[--count];
}

static void bench_end() {
    bench_line[bench_length++] = '\n';
}

static void bench_send() {
    for (size_t sent = 0; sent < bench_length;)
        sent += board_console_write((const uint8_t *)bench_line + sent, bench_length - sent);
    uint8_t asked;
    while (!board_console_read(&asked, 1)) board_sleep();
}

#endif
