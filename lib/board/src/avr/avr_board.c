// avr_board.c: an ATmega328P, such as an Arduino Uno's, emulated or real. Under the Arduino core it brings its own
// serial port and clock, which take a third of the RAM of the core's; Timer 1 and USART 0 are then no longer the
// core's. Registers: ATmega328P data sheet, DS40002061B.
#ifdef __AVR__

#include "board/board.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

#ifndef BOARD_BAUD
#define BOARD_BAUD 115200
#endif
#ifndef BOARD_AVR_RECEIVED
#define BOARD_AVR_RECEIVED 128 // bytes from the host that wait, a power of two: a whole command; RAM
#endif
#define TO_SEND 32 // bytes on their way to the host
#define PAINT   0xC5

enum { RESTART_ASKED = 0x5A, ASKED = 0x80 }; // a flag that MCUSR has not

static volatile uint8_t received[BOARD_AVR_RECEIVED], to_send[TO_SEND];
static volatile uint8_t received_end, received_first, send_end, send_first;
static volatile uint32_t wraps; // of Timer 1, which counts cycles
static uint8_t reset_flags __attribute__((section(".noinit")));
static uint8_t restart_asked __attribute__((section(".noinit")));

extern uint8_t _end; // of all variables

// Before anything else: why it starts, no watchdog (which stays on after it has bitten), and paint below the stack.
void avr_board_early(void) __attribute__((naked, used, section(".init3")));
void avr_board_early(void) {
    reset_flags = (uint8_t)(MCUSR | (restart_asked == RESTART_ASKED ? ASKED : 0));
    restart_asked = 0;
    MCUSR = 0;
    wdt_disable();
    for (uint8_t *at = &_end; at < (uint8_t *)SP - 8; at++) *at = PAINT;
}

ISR(TIMER1_OVF_vect) {
    wraps++;
}

ISR(USART_RX_vect) {
    const uint8_t byte = UDR0, next = (uint8_t)((received_end + 1) % BOARD_AVR_RECEIVED);
    if (next == received_first) return; // the frame's CRC tells
    received[received_end] = byte;
    received_end = next;
}

ISR(USART_UDRE_vect) {
    if (send_first == send_end) {
        UCSR0B &= (uint8_t)~_BV(UDRIE0);
        return;
    }
    UDR0 = to_send[send_first];
    send_first = (uint8_t)((send_first + 1) % TO_SEND);
}

void board_init(void) {
    TCCR1A = 0;
    TCCR1B = _BV(CS10);
    TIMSK1 = _BV(TOIE1);
    UCSR0A = _BV(U2X0);
    UBRR0 = (uint16_t)((F_CPU / 4 / BOARD_BAUD - 1) / 2);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
#ifdef BOARD_MARK_PIN // of port B: 0 is the Uno's pin 8
    DDRB |= _BV(BOARD_MARK_PIN);
#endif
    sei();
}

const char *board_name(void) {
    return THIMBLE_BOARD;
}

static uint32_t all_wraps(uint16_t *low) {
    const uint8_t before = SREG;
    cli();
    *low = TCNT1;
    uint32_t high = wraps;
    if ((TIFR1 & _BV(TOV1)) && *low < 0x8000) high++; // it wrapped just now
    SREG = before;
    return high;
}

uint32_t board_cycles(void) {
    uint16_t low;
    return all_wraps(&low) << 16 | low;
}

uint32_t board_cycles_hz(void) {
    return F_CPU;
}

uint32_t board_micros(void) {
    uint16_t low;
    return (all_wraps(&low) << 12) | low >> 4;
}
typedef char a_microsecond_has_sixteen_cycles[F_CPU == 16000000 ? 1 : -1];

void board_sleep(void) { // until the next byte, or Timer 1 after 4 ms at most
    cli();
    if (received_end == received_first) {
        SMCR = _BV(SE); // idle
        sei();
        sleep_cpu();
        SMCR = 0;
    }
    sei();
}

bool board_button(void) {
    return false;
}

void board_mark(bool high) {
#ifdef BOARD_MARK_PIN
    if (high)
        PORTB |= _BV(BOARD_MARK_PIN);
    else
        PORTB &= (uint8_t)~_BV(BOARD_MARK_PIN);
#else
    (void)high;
#endif
}

void board_reset(void) {
    restart_asked = RESTART_ASKED;
    cli();
    wdt_enable(WDTO_15MS);
    for (;;) {
    }
}

// A boot loader may have cleared the flags: Optiboot does.
board_reset_cause board_reset_reason(void) {
    if (reset_flags & _BV(PORF)) return BOARD_RESET_POWER; // RAM holds anything then, ASKED too
    if (reset_flags & ASKED) return BOARD_RESET_SOFTWARE;
    if (reset_flags & _BV(WDRF)) return BOARD_RESET_WATCHDOG;
    if (reset_flags & _BV(BORF)) return BOARD_RESET_BROWNOUT;
    return reset_flags & _BV(EXTRF) ? BOARD_RESET_PIN : BOARD_RESET_UNKNOWN;
}

bool board_watchdog_start(uint32_t ms) { // the next longer of 15, 30, 60 ms ... 8 s
    uint8_t step = WDTO_15MS;
    for (uint32_t time = 15; time < ms && step < WDTO_8S; time *= 2) step++;
    wdt_enable(step);
    return true;
}

void board_watchdog_feed(void) {
    wdt_reset();
}

size_t board_console_read(uint8_t *bytes, size_t size) {
    size_t count = 0;
    for (; count < size && received_first != received_end; count++) {
        bytes[count] = received[received_first];
        received_first = (uint8_t)((received_first + 1) % BOARD_AVR_RECEIVED);
    }
    return count;
}

size_t board_console_room(void) {
    return (uint8_t)(send_first - send_end - 1) % TO_SEND;
}

size_t board_console_write(const uint8_t *bytes, size_t size) {
    size_t count = board_console_room();
    if (count > size) count = size;
    for (size_t i = 0; i < count; i++) {
        to_send[send_end] = bytes[i];
        send_end = (uint8_t)((send_end + 1) % TO_SEND);
    }
    if (count) UCSR0B |= _BV(UDRIE0);
    return count;
}

uint32_t board_stack_size(void) {
    return (uint16_t)(RAMEND - (uint16_t)&_end + 1);
}

uint32_t board_stack_used(void) {
    const uint8_t *at = &_end;
    while (at <= (const uint8_t *)RAMEND && *at == PAINT) at++;
    return (uint16_t)(RAMEND - (uint16_t)at + 1);
}

// No motion sensor: a host sends the samples.
int32_t board_imu_start(uint32_t rate_mhz) {
    (void)rate_mhz;
    return BOARD_ERR_ABSENT;
}

#ifndef ARDUINO
int main(void) {
    board_init();
    setup();
    for (;;) loop();
}
#endif

#endif
