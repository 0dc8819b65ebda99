// messages.h: what the frames mean. docs/protocol.md describes every payload byte by byte.
#ifndef LINK_MESSAGES_H
#define LINK_MESSAGES_H

// All multi-byte values little-endian.
enum link_type {
    LINK_INFO = 0x01,      // device: CBOR map, at start, once a second and on request: firmware, model, streams
    LINK_DATA = 0x02,      // device: samples of one stream, as its description in LINK_INFO says
    LINK_EVENT = 0x03,     // device: a detection
    LINK_TELEMETRY = 0x04, // device: CBOR map of counters, once a second
    LINK_REPLY = 0x05,     // device: command u8, status u8, then what the command answers
    LINK_COMMAND = 0x10    // host: command u8, then its arguments
};

enum link_command {
    LINK_PING = 0x01,           // bytes -> the same bytes
    LINK_GET_INFO = 0x02,       // -> nothing; a LINK_INFO follows
    LINK_START = 0x03,          // stream u8 (0xFF all)
    LINK_STOP = 0x04,           // stream u8 (0xFF all)
    LINK_GET_THRESHOLDS = 0x05, // -> u8 per class
    LINK_SET_THRESHOLD = 0x06,  // class u8 (0xFF all), threshold u8
    LINK_GET_STATS = 0x07,      // -> CBOR map, as LINK_TELEMETRY
    LINK_RESET_STATS = 0x08,
    LINK_INJECT_BEGIN = 0x09, // rate_mhz u32 (0 the sensor's) of the samples that follow in place of the sensor's,
                              // until LINK_INJECT_END; front end and decision start afresh
    LINK_INJECT = 0x0A,       // samples, as the sensor's stream formats them -> windows completed u16
    LINK_INJECT_END = 0x0B,
    LINK_RUN_FRONTEND = 0x0C, // latest window of the injected samples -> CRC-32 of the model's input, cycles u32
    LINK_RUN_LAYER = 0x0D,    // layer u16 -> CRC-32 of its output, cycles u32
    LINK_READ_TENSOR = 0x0E,  // layer u16 (0xFFFF the model's input), offset u32, count u16 -> bytes
    LINK_WRITE_INPUT = 0x0F,  // offset u32, bytes: into the model's input
    LINK_SELF_TEST = 0x10,    // -> CRC-32 of the output for the fixed input u32, expected u32
    LINK_RESET_BOARD = 0x11,
    LINK_LEARN = 0x12,  // operation u8 (link_learn), its arguments -> what it answers
    LINK_PROVOKE = 0x13 // kind u8 (link_provoke), in firmware built for it: breaks the board when the answer is out
};

enum link_learn {          // of the baseline that a device learns for itself
    LINK_LEARN_STATUS = 0, // -> windows learnt u32, windows wanted u32 (0: not learning), size of the baseline u32
    LINK_LEARN_BEGIN = 1,  // windows u32: forgets what was learnt and learns from the next so many
    LINK_LEARN_STOP = 2,   // uses what has been learnt so far
    LINK_LEARN_READ = 3,   // offset u32, count u16 -> bytes of the baseline
    LINK_LEARN_WRITE = 4,  // offset u32, bytes: into the baseline
    LINK_LEARN_USE = 5,    // checks what was written and uses it
    LINK_LEARN_KEEP = 6,   // into memory that outlives a reset
    LINK_LEARN_FORGET = 7  // back to the baseline of the firmware
};

enum link_provoke {
    LINK_PROVOKE_HANG = 0,          // a loop without an end: the watchdog's business
    LINK_PROVOKE_FAULT = 1,         // an instruction that does not exist
    LINK_PROVOKE_STACK_OVERFLOW = 2 // a recursion without an end
};

enum link_status { LINK_OK = 0, LINK_UNKNOWN = 1, LINK_BAD_ARGUMENT = 2, LINK_UNSUPPORTED = 3, LINK_NOT_NOW = 4 };

#endif
