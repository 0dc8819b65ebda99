// Written by `python -m ml link --write` from lib/link/protocol.toml: change it there.
//
// messages.h: what the frames mean; docs/protocol.md describes every payload byte by byte. All multi-byte values are
// little-endian. Above a command stand its arguments -> what it answers; what it does.
#ifndef LINK_MESSAGES_H
#define LINK_MESSAGES_H

#define LINK_PROTOCOL_VERSION 1      // of the link, in INFO
#define LINK_ALL              0xFF   // in place of a stream or a class: all of them
#define LINK_MODEL_INPUT      0xFFFF // in place of a layer: the model's input
#define LINK_EVENT_SIZE       22     // bytes of an event's payload

// Of a frame.
enum link_type {
    // device: CBOR map, at start, once a second and on GET_INFO
    LINK_INFO = 0x01,
    // device: samples of one stream, row after row
    LINK_DATA = 0x02,
    // device: a detection
    LINK_EVENT = 0x03,
    // device: CBOR map of counters, once a second
    LINK_TELEMETRY = 0x04,
    // device: command u8, status u8, then what the command answers
    LINK_REPLY = 0x05,
    // host: command u8, then its arguments
    LINK_COMMAND = 0x10,
    // device: CBOR map of the sensor's health, when it changes
    LINK_HEALTH = 0x06
};

// First byte of a COMMAND and of its REPLY.
enum link_command {
    // echo bytes -> echo bytes (the same, at most `max_payload` - 2 of them)
    LINK_PING = 0x01,
    // an INFO frame follows as well
    LINK_GET_INFO = 0x02,
    // stream u8 (0xFF for all)
    LINK_START = 0x03,
    // stream u8 (0xFF for all)
    LINK_STOP = 0x04,
    // -> thresholds bytes (one per class)
    LINK_GET_THRESHOLDS = 0x05,
    // class u8 (0xFF for all), threshold u8; lasts until the board restarts
    LINK_SET_THRESHOLD = 0x06,
    // -> counters bytes (a CBOR map as TELEMETRY)
    LINK_GET_STATS = 0x07,
    LINK_RESET_STATS = 0x08,
    // rate u32 (in millihertz; 0 for the sensor's, else 1000 to 2^31 - 1); BAD_ARGUMENT for a rate that is neither the
    // sensor's nor one that the front end takes
    LINK_INJECT_BEGIN = 0x09,
    // samples bytes (rows of stream 0, int16) -> windows u16 (completed by them, with the network awake or asleep)
    LINK_INJECT = 0x0A,
    LINK_INJECT_END = 0x0B,
    // -> crc u32 (CRC-32 of the model's input), cycles u32
    LINK_RUN_FRONTEND = 0x0C,
    // layer u16 -> crc u32 (CRC-32 of the layer's output), cycles u32; NOT_NOW outside an injection where the model has
    // a state
    LINK_RUN_LAYER = 0x0D,
    // layer u16 (0xFFFF for the model's input), offset u32, count u16 -> content bytes
    LINK_READ_TENSOR = 0x0E,
    // offset u32, content bytes
    LINK_WRITE_INPUT = 0x0F,
    // -> crc u32 (CRC-32 of the output for the fixed input), expected u32; a model with a state, and all before and
    // behind it, starts afresh then
    LINK_SELF_TEST = 0x10,
    // the board restarts when the answer is out
    LINK_RESET_BOARD = 0x11,
    // operation u8, more bytes (the operation's arguments) -> more bytes (the operation's answer)
    LINK_LEARN = 0x12,
    // kind u8; in firmware built for it: breaks the board when the answer is out
    LINK_PROVOKE = 0x13
};

// Second byte of a REPLY.
enum link_status {
    LINK_OK = 0,
    // no such command
    LINK_UNKNOWN = 1,
    // too short, too long or out of range; nothing was done
    LINK_BAD_ARGUMENT = 2,
    // this application has no model, no decision, no baseline, or nothing to keep it in
    LINK_UNSUPPORTED = 3,
    // needs another command before it
    LINK_NOT_NOW = 4
};

// Second byte of a LEARN: what is done with the device's own baseline.
enum link_learn {
    // -> learnt u32 (windows), wanted u32 (windows; 0 when it is not learning), size u32 (of the baseline)
    LINK_LEARN_STATUS = 0,
    // windows u32 (1 and up); forgets what was learnt, then learns from the next so many windows and uses that
    LINK_LEARN_BEGIN = 1,
    // uses what has been learnt so far
    LINK_LEARN_STOP = 2,
    // offset u32, count u16 -> content bytes
    LINK_LEARN_READ = 3,
    // offset u32, content bytes; NOT_NOW while the device learns; what was written counts for nothing before USE
    LINK_LEARN_WRITE = 4,
    // BAD_ARGUMENT when what was written makes no sense: what was in use stays so; NOT_NOW while the device learns
    LINK_LEARN_USE = 5,
    // into memory that outlives a reset; NOT_NOW unless what is there is in use
    LINK_LEARN_KEEP = 6,
    // back to the baseline of the firmware
    LINK_LEARN_FORGET = 7
};

// Second byte of a PROVOKE: how firmware built for it shall break.
enum link_provoke {
    // a loop without an end
    LINK_PROVOKE_HANG = 0,
    // an instruction that does not exist
    LINK_PROVOKE_FAULT = 1,
    // a recursion without an end
    LINK_PROVOKE_STACK_OVERFLOW = 2
};

#endif
