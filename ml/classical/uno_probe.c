// A model on an ATmega328P by itself (ml/classical/uno.py): classifies rows and prints each answer with its cycles.
// Built a second time with PROBE_EMPTY, which leaves the model out: the difference is the model.
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#include <stdint.h>

#include PROBE_HEADER
#include PROBE_ROWS // PROBE_COUNT rows, `probe_rows`

static volatile uint16_t wraps;
ISR(TIMER1_OVF_vect) {
    wraps++;
}

static uint32_t cycles(void) {
    cli();
    uint16_t low = TCNT1, high = wraps;
    if ((TIFR1 & _BV(TOV1)) && low < 0x8000) high++;
    sei();
    return (uint32_t)high << 16 | low;
}

static void put(uint8_t byte) {
    while (!(UCSR0A & _BV(UDRE0))) {
    }
    UDR0 = byte;
}

static void put_hex(uint32_t value, uint8_t digits) {
    while (digits--) put((uint8_t)"0123456789abcdef"[value >> (4 * digits) & 15]);
}

#ifdef PROBE_EMPTY
static uint8_t answer(const int8_t *x, int32_t *scores) {
    (void)scores;
    return (uint8_t)*x;
}
#else
#define answer PROBE_CLASSIFY
#endif

int main(void) {
    static int8_t x[PROBE_INPUTS];
    static int32_t scores[PROBE_CLASSES];
    UCSR0B = _BV(TXEN0);
    UBRR0 = 0;
    TCCR1B = _BV(CS10);
    TIMSK1 = _BV(TOIE1);
    for (uint16_t row = 0; row < PROBE_COUNT; row++) {
        memcpy_P(x, probe_rows + row * PROBE_INPUTS, sizeof x);
        const uint32_t start = cycles();
        const uint8_t found = answer(x, scores);
        const uint32_t took = cycles() - start;
        put_hex(found, 2);
        put_hex(took, 8);
        put('\n');
    }
    cli();
    sleep_enable();
    sleep_cpu(); // ends the emulator
    for (;;) {
    }
}
