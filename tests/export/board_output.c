// printf for an exported example on the emulated boards, which have no heap: what it uses of it, to the first UART.
#ifdef BOARD_MPS2
#include "mps2.h"

#include <stdarg.h>
#include <stdio.h>

#undef putchar

int putchar(int letter) {
    MPS2_UART0->divider = 16;
    MPS2_UART0->control = UART_TX_ENABLE;
    while (MPS2_UART0->state & UART_TX_FULL) {
    }
    MPS2_UART0->data = (uint8_t)letter;
    return letter;
}

static void text(const char *letter) {
    while (*letter) putchar(*letter++);
}

int puts(const char *line) {
    text(line);
    return putchar('\n');
}

static void number(unsigned long value) {
    if (value > 9) number(value / 10);
    putchar((int)('0' + value % 10));
}

int printf(const char *format, ...) { // %s, %u, %lu
    va_list given;
    va_start(given, format);
    for (; *format; format++) {
        if (*format != '%') {
            putchar(*format);
        } else if (*++format == 's') {
            text(va_arg(given, const char *));
        } else {
            const int is_long = *format == 'l';
            format += is_long;
            number(is_long ? va_arg(given, unsigned long) : va_arg(given, unsigned));
        }
    }
    va_end(given);
    return 0;
}
#endif
