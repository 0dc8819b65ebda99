// probe: one letter on the console, one line back. What the tests of the boards ask a board to do.
#include "board/board.h"

static char line[200];
static size_t length;

static void text(const char *t) {
    while (*t && length < sizeof line) line[length++] = *t++;
}

static void number(const char *name, uint32_t value) {
    char digits[10];
    int count = 0;
    text(name);
    do digits[count++] = (char)('0' + value % 10);
    while (value /= 10);
    while (count && length < sizeof line) line[length++] = digits[--count];
}

static void send() {
    text("\r\n");
    for (size_t sent = 0; sent < length;) sent += board_console_write((const uint8_t *)line + sent, length - sent);
    length = 0;
}

static uint32_t crc32(uint32_t crc, const void *bytes, size_t size) {
    crc = ~crc;
    for (const uint8_t *byte = (const uint8_t *)bytes; size--; byte++) {
        crc ^= *byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

static void about() {
    text("board ");
    text(board_name());
    number(" hz ", board_cycles_hz());
    number(" stack ", board_stack_used());
    number(" of ", board_stack_size());
    number(" us ", board_micros());
    send();
}

static volatile uint32_t sink;

static void __attribute__((noinline)) spin(uint32_t rounds) {
    while (rounds--) sink = rounds;
}

static void cycles() {
    const uint32_t start = board_cycles();
    const uint32_t nothing = board_cycles() - start;
    const uint32_t again = board_cycles();
    spin(1000);
    number("cycles ", board_cycles() - again);
    number(" nothing ", nothing);
    send();
}

static uint32_t __attribute__((noinline)) dive(uint32_t depth) {
    volatile uint8_t here[64];
    here[0] = (uint8_t)depth;
    if (depth > 1) here[1] = (uint8_t)dive(depth - 1);
    return here[0] + 1u;
}

static void deep(uint32_t depth) {
    dive(depth);
    number("deep ", board_stack_used());
    send();
}

static void megabyte() {
    uint8_t block[256];
    uint32_t state = 1, crc = 0;
    for (int i = 0; i < 4096; i++) {
        for (size_t j = 0; j < sizeof block; j++) block[j] = (uint8_t)((state = state * 1664525u + 1013904223u) >> 24);
        crc = crc32(crc, block, sizeof block);
        for (size_t sent = 0; sent < sizeof block;) sent += board_console_write(block + sent, sizeof block - sent);
    }
    number("\r\ncrc ", crc);
    send();
}

#ifdef BOARD_MPS2
static volatile uintptr_t address; // hides from the compiler what is wrong

static void faults(char kind) {
    switch (kind) {
    case 'u':
        __asm volatile("udf #0");
        break;
    case 'd':
        __asm volatile("mov r0, #0\nudiv r0, r0, r0" ::: "r0");
        break;
    case 'b':
        address = 0x60000000u;
        sink = *(volatile uint32_t *)address;
        break;
    case 'w':
        address = 0x00000100u;
        *(volatile uint32_t *)address = 1;
        break;
    case 'x':
        ((void (*)())(0x20000101u))();
        break;
    case 't':
        __asm volatile("mov r0, #0\nbx r0" ::: "r0");
        break;
    case 'o':
        dive(0xFFFFFFFFu);
        break;
    default:
        break;
    }
}
#else
static void faults(char) {}
#endif

// Flash: e erases the first two pages, p programs a unit in the second, u half a unit, x behind the end; others read.
static void flash(char action) {
    const board_flash_part part = board_flash();
    const uint32_t at = part.page + 2 * part.unit;
    const uint8_t unit[32] = {0x12, 0x34, 0x56, 0x78}; // no board has a longer one here
    int32_t result = BOARD_OK;
    uint32_t word = 0;
    if (action == 'e') result = board_flash_erase(0, 2 * part.page);
    if (action == 'p') result = board_flash_program(at, unit, part.unit);
    if (action == 'u') result = board_flash_program(at + part.unit, unit, part.unit / 2);
    if (action == 'x') result = board_flash_program(part.size, unit, part.unit);
    board_flash_read(at, &word, sizeof word);
    number("flash ", (uint32_t)-result);
    number(" holds ", word);
    number(" mapped ", part.bytes[at]);
    send();
}

// Sensors: a running CRC over what they delivered, reported every `every` samples with their time.
static struct {
    uint32_t count, crc, every, work;
} imu, mic, accel;

static void report(const char *name, uint32_t count, uint32_t crc, uint32_t time) {
    number(name, count);
    number(" crc ", crc);
    number(" us ", time);
    number(" lost ", board_sensor_overruns());
    number(" cycles ", board_cycles());
    send();
}

static bool poll_imu() {
    board_imu_sample sample;
    if (!imu.every || !board_imu_read(&sample, 1)) return false;
    imu.crc = crc32(imu.crc, sample.axis, sizeof sample.axis);
    if (imu.work) spin(imu.work);
    if (++imu.count % imu.every == 0) report("imu ", imu.count, imu.crc, sample.time_us);
    return true;
}

static bool poll_mic() {
    int16_t pcm[100];
    const size_t got = mic.every ? board_mic_read(pcm, 100) : 0;
    for (size_t i = 0; i < got; i++) {
        mic.crc = crc32(mic.crc, pcm + i, sizeof *pcm);
        if (++mic.count % mic.every == 0) report("mic ", mic.count, mic.crc, board_micros());
    }
    return got > 0;
}

static bool poll_accel() {
    int16_t xyz[10][3];
    const size_t got = accel.every ? board_accel_read(xyz, 10) : 0;
    for (size_t i = 0; i < got; i++) {
        accel.crc = crc32(accel.crc, xyz[i], sizeof xyz[i]);
        if (++accel.count % accel.every == 0) report("accel ", accel.count, accel.crc, board_micros());
    }
    return got > 0;
}

static char next_letter() {
    uint8_t byte;
    while (!board_console_read(&byte, 1)) board_sleep();
    return (char)byte;
}

static void command(char letter) {
    switch (letter) {
    case 'a':
        about();
        break;
    case 'c':
        cycles();
        break;
    case 'd':
        deep(20);
        break;
    case 'D':
        deep(60);
        break;
    case 'm':
        megabyte();
        break;
    case 'f':
        faults(next_letter());
        break;
    case 'F':
        flash(next_letter());
        break;
    case 'r':
        board_reset();
        break;
    case 'w':
        imu.work = 1500000;
        break;
    default:
        break;
    }
}

#ifndef PROBE_IMU
#define PROBE_IMU 0
#endif
#ifndef PROBE_MIC
#define PROBE_MIC 0
#endif
#ifndef PROBE_ACCEL
#define PROBE_ACCEL 0
#endif

void setup() {
    imu.every = PROBE_IMU;
    mic.every = PROBE_MIC;
    accel.every = PROBE_ACCEL;
    if (imu.every) board_imu_start(100000);
    if (mic.every) board_mic_start(16000000);
    if (accel.every) board_accel_start(1600000);
    text("probe ready");
    send();
}

void loop() {
    uint8_t letter;
    if (board_console_read(&letter, 1)) command((char)letter);
    const bool any = (int)poll_imu() | (int)poll_mic() | (int)poll_accel();
    if (!any) board_sleep();
}
