// lines.h: text to the host. These calls wait until the console has taken everything.
#ifndef MLPERF_LINES_H
#define MLPERF_LINES_H

#include <stddef.h>
#include <stdint.h>

void put_text(const char *text);
void put_error(const char *what, const char *about); // a line, "e-[...]"
void put_number(uint32_t number);
void put_hex(uint8_t byte);
void put_thousandths(float value); // "-1.234"; what is no number, or too large, as the nearest that can be written

#endif
