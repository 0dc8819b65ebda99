// lines.h: text to the host and numbers from it.
#ifndef MLPERF_LINES_H
#define MLPERF_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void put_patience(uint32_t us); // how long a call waits for the console, which drops the rest then; 0: for ever
void put_text(const char *text);
void put_error(const char *what, const char *about);                                   // a line, "e-[...]"
void put_limit(const char *what, uint32_t number, const char *limits, uint32_t limit); // an error with both numbers
void put_number(uint32_t number);
void put_hex(uint8_t byte);
void put_thousandths(float value); // "-1.234"; what is no number, or too large, as the nearest that can be written
bool whole_number(const char *digits, uint32_t *number); // true: nothing but digits, and not more than WHOLE_MOST
#define WHOLE_MOST 99999999u

#endif
