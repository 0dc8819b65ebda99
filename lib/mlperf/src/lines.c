#include "lines.h"

#include "board/board.h"

#include <string.h>

#define LARGEST 4e6f // thousandths of it fit 32 bits

static uint32_t patience;

void put_patience(uint32_t us) {
    patience = us;
}

static void put(const char *bytes, size_t size) {
    const uint32_t start = board_micros();
    while (size && (!patience || board_micros() - start < patience)) {
        const size_t taken = board_console_write((const uint8_t *)bytes, size);
        bytes += taken;
        size -= taken;
    }
}

void put_text(const char *text) {
    put(text, strlen(text));
}

void put_error(const char *what, const char *about) {
    put_text("e-[");
    put_text(what);
    for (; *about; about++) { // what the host sent may be noise; its reader wants text
        const char shown = *about >= ' ' && *about <= '~' ? *about : '?';
        put(&shown, 1);
    }
    put_text("]\r\n");
}

void put_limit(const char *what, uint32_t number, const char *limits, uint32_t limit) {
    put_text("e-[");
    put_text(what);
    put_number(number);
    put_text(limits);
    put_number(limit);
    put_text("]\r\n");
}

void put_number(uint32_t number) {
    char digits[10];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    put(digits + first, sizeof digits - first);
}

void put_hex(uint8_t byte) {
    static const char digit[] = "0123456789abcdef";
    const char both[2] = {digit[byte >> 4], digit[byte & 15]};
    put(both, sizeof both);
}

void put_thousandths(float value) {
    const float size = value < 0 ? -value : value;
    const uint32_t thousandths = (uint32_t)((size < LARGEST ? size : LARGEST) * 1000.0f + 0.5f);
    const char point[4] = {'.', (char)('0' + thousandths / 100 % 10), (char)('0' + thousandths / 10 % 10),
                           (char)('0' + thousandths % 10)};
    if (value < 0 && thousandths) put_text("-");
    put_number(thousandths / 1000);
    put(point, sizeof point);
}

bool whole_number(const char *digits, uint32_t *number) {
    uint32_t value = 0;
    if (!*digits) return false;
    for (; *digits; digits++) {
        if (*digits < '0' || *digits > '9') return false;
        value = value * 10 + (uint32_t)(*digits - '0');
        if (value > WHOLE_MOST) return false;
    }
    *number = value;
    return true;
}
