#include "buffer.h"

#include "lines.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PRINT_LINE 8 // bytes of `db print` in a line
#define PRINTED    16

static uint32_t expected, loaded; // bytes

void buffer_clear(void) {
    expected = loaded = 0;
}

static int hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

static bool is_hex(const char *digits) {
    size_t count = 0;
    while (hex_digit(digits[count]) >= 0) count++;
    return digits[count] == 0 && count && count % 2 == 0;
}

static void store(const mlperf_config *c, const char *digits) {
    if (!is_hex(digits)) return put_error("Expected pairs of hexadecimal digits: ", digits);
    for (; *digits && loaded < expected; digits += 2)
        c->buffer[loaded++] = (uint8_t)(hex_digit(digits[0]) << 4 | hex_digit(digits[1]));
    if (*digits) return put_error("More bytes than expected: ", digits);
    if (loaded == expected) put_text("m-load-done\r\n");
}

static void load(const mlperf_config *c, const char *size) {
    const unsigned long bytes = size ? strtoul(size, NULL, 10) : 0;
    if (!bytes || bytes > c->buffer_size)
        return put_error("Expected fewer bytes, and one at least: ", size ? size : "");
    expected = (uint32_t)bytes;
    loaded = 0;
    put_text("m-[Expecting ");
    put_number(expected);
    put_text(" bytes]\r\n");
}

static void print(const mlperf_config *c, const char *count, const char *offset) {
    const uint32_t from = offset ? (uint32_t)strtoul(offset, NULL, 10) : 0;
    const uint32_t wanted = count ? (uint32_t)strtoul(count, NULL, 10) : PRINTED;
    const uint32_t room = from < c->buffer_size ? c->buffer_size - from : 0;
    const uint32_t shown = wanted < room ? wanted : room;
    for (uint32_t i = 0; i < shown; i++) {
        put_text(i % PRINT_LINE ? "-" : "m-buffer-");
        put_hex(c->buffer[from + i]);
        if (i % PRINT_LINE == PRINT_LINE - 1 || i + 1 == shown) put_text("\r\n");
    }
}

void buffer_command(const mlperf_config *c, char **words) {
    if (!words[0]) return put_error("Expected load, print or bytes after db", "");
    if (!strcmp(words[0], "load")) return load(c, words[1]);
    if (!strcmp(words[0], "print")) return print(c, words[1], words[1] ? words[2] : NULL);
    store(c, words[0]);
}
