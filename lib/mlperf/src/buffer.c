#include "buffer.h"

#include "lines.h"

#include <stdbool.h>
#include <string.h>

#define PRINT_LINE 8 // bytes of `db print` in a line
#define PRINTED    16

static uint32_t expected, loaded; // bytes

void buffer_clear(void) {
    expected = loaded = 0;
}
uint32_t buffer_loaded(void) {
    return loaded;
}

static int hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

// The errors of `db` read as those of the benchmark's reference firmware.
static bool is_hex(const char *digits) {
    for (const char *at = digits; *at; at++)
        if (hex_digit(*at) < 0) {
            put_error("Invalid hex digit in ", digits);
            return false;
        }
    if (strlen(digits) % 2) put_error("Insufficent number of hex digits", "");
    return strlen(digits) % 2 == 0;
}

static void store(const mlperf_config *c, const char *digits) {
    if (!is_hex(digits)) return;
    if (loaded == expected) return put_error("No bytes are expected before db load", "");
    for (; *digits && loaded < expected; digits += 2) // more than that is not looked at
        c->buffer[loaded++] = (uint8_t)(hex_digit(digits[0]) << 4 | hex_digit(digits[1]));
    if (loaded == expected) put_text("m-load-done\r\n");
}

static void load(const mlperf_config *c, const char *size) {
    uint32_t bytes;
    buffer_clear();
    if (!size) return put_error("Command 'db load' requires the # of bytes", "");
    if (!whole_number(size, &bytes) || !bytes) return put_error("Command 'db load' must be >0 bytes", "");
    if (bytes > c->buffer_size)
        return put_limit("Supplied buffer size ", bytes, " exceeds maximum of ", c->buffer_size);
    expected = bytes;
    put_text("m-[Expecting ");
    put_number(expected);
    put_text(" bytes]\r\n");
}

static void print(const mlperf_config *c, const char *count, const char *offset) {
    uint32_t wanted = PRINTED, from = 0;
    if ((count && !whole_number(count, &wanted)) || (offset && !whole_number(offset, &from)))
        return put_error("Expected db print [N=16] [offset=0]", "");
    const uint32_t room = from < c->buffer_size ? c->buffer_size - from : 0;
    const uint32_t shown = wanted < room ? wanted : room;
    for (uint32_t i = 0; i < shown; i++) {
        put_text(i % PRINT_LINE ? "-" : "m-buffer-");
        put_hex(c->buffer[from + i]);
        if (i % PRINT_LINE == PRINT_LINE - 1 || i + 1 == shown) put_text("\r\n");
    }
}

void buffer_command(const mlperf_config *c, char **words) {
    if (!words[0]) return put_error("Command 'db' requires a subcommand", "");
    if (!strcmp(words[0], "load")) return load(c, words[1]);
    if (!strcmp(words[0], "print")) return print(c, words[1], words[1] ? words[2] : NULL);
    store(c, words[0]);
}
