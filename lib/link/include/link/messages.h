// Written by `python -m ml link --write` from lib/link/protocol.toml: change it there.
//
// messages.h: what the frames mean; docs/protocol.md describes every payload byte by byte. All multi-byte values are
// little-endian. Above a command stand its arguments -> what it answers; what it does.
#ifndef LINK_MESSAGES_H
#define LINK_MESSAGES_H

#define LINK_PROTOCOL_VERSION 1      // of the link, in INFO
#define LINK_ALL              0xFF   // in place of a stream or a class: all of them
#define LINK_MODEL_INPUT      0xFFFF // in place of a layer: the model's input
#define LINK_NO_SLOT          0xFF   // in place of a slot: what was flashed
#define LINK_EVENT_SIZE       26     // bytes of an event's payload

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
    LINK_PROVOKE = 0x13,
    // about bytes (nothing or 0: models; 1: the firmware) -> phase u8, given_up u8 (why the last image was), confirmed
    // u8 (slot, or 0xFF), running u8 (slot, or 0xFF), counter u32 (of the confirmed image), offered u32 (of the image
    // that is on its way), payload u32 (its bytes), missing u32 (its blocks), block u16 (bytes of a block; 0 before
    // UPDATE_BEGIN), windows u16 (left of the trial), slot u32 (bytes of a slot), digest bytes (of the image that runs;
    // none for the compiled-in model); UNSUPPORTED, as all of these, by firmware that takes no updates
    LINK_UPDATE_STATUS = 0x14,
    // offset u16, content bytes (of the manifest and, behind it, its signature); in parts of any size, in order; the
    // part at 0 begins anew
    LINK_UPDATE_MANIFEST = 0x15,
    // block u16 (bytes of a block: a multiple of 8, 256 at most) -> blocks u32 (of the payload), missing u32 (of
    // these); verifies the manifest; the same manifest again goes on where it was
    LINK_UPDATE_BEGIN = 0x16,
    // number u32, content bytes (a whole block; the last one has the rest) -> missing u32 (blocks); in any order; one
    // that is there already is no error
    LINK_UPDATE_BLOCK = 0x17,
    // first u32 (block), count u16 -> bitmap bytes (a bit for each block from the first on, the lowest first; 1: it is
    // missing)
    LINK_UPDATE_MISSING = 0x18,
    // all blocks are there: compares the digest, runs the self-check, and the trial begins; of firmware with a restart
    LINK_UPDATE_FINISH = 0x19,
    // gives up what is on its way, or on trial
    LINK_UPDATE_ABORT = 0x1A,
    // after the windows of the trial: the counter rises
    LINK_UPDATE_CONFIRM = 0x1B,
    // slot u8 (confirmed, that is left), counter u32 (confirmed), about bytes (as of UPDATE_STATUS); back to the image
    // before, or to what was flashed; the counter stays. Done already if another is confirmed
    LINK_UPDATE_REVERT = 0x1C,
    // boot u32 (a name of this run since the start, not 0), before u16 (EVENT frames before this sequence are stored:
    // the board forgets them, if the name is its own), then u8 (1: it sends those that it still keeps once more; 2: it
    // takes the name, if it has none) -> boot u32 (the name that it has, 0: none), first u16 (sequence of the oldest
    // that it keeps), next u16 (sequence of the next event); so that no event is lost between board and gateway
    LINK_EVENTS = 0x1D,
    // event u16 (its sequence), offset u16, count u16 -> event u16, model u32 (CRC-32 of the hash of the model that
    // judged it, as INFO writes it), size u16 (of the window: what the model was given), offset u16, content bytes
    // (none yet where the window ends later than the event and is to come); for a larger model elsewhere; NOT_NOW when
    // the window of that event is not kept, or not any more
    LINK_GET_WINDOW = 0x1E,
    // operation u8, more bytes (the operation's arguments) -> more bytes (the operation's answer); learning with other
    // boards (fleet_learning.md)
    LINK_FLEET = 0x1F
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
    LINK_NOT_NOW = 4,
    // of an update; the answer is then reason u8 (see below), needs u32, has u32
    LINK_REFUSED = 5
};

// Of an update.
enum link_phase {
    LINK_PHASE_IDLE = 0,
    LINK_PHASE_RECEIVING = 1,
    // whole, and what its digest says; the trial has not begun
    LINK_PHASE_VERIFIED = 2,
    LINK_PHASE_TRIAL = 3
};

// Why a command of an update was refused.
enum link_refusal {
    // there is none, or it does not keep what is written
    LINK_REFUSAL_FLASH = 1,
    // more than a slot has, or blocks that flash cannot write: bytes
    LINK_REFUSAL_SIZE = 2,
    // not above the confirmed one
    LINK_REFUSAL_COUNTER = 3,
    // needs another command before it
    LINK_REFUSAL_PHASE = 4,
    // outside the payload, or of another size
    LINK_REFUSAL_BLOCK = 5,
    // blocks are missing: how many
    LINK_REFUSAL_MISSING = 6,
    // the image is not what its digest says; it is given up
    LINK_REFUSAL_DIGEST = 7,
    // the payload makes no image out of the base; it is given up
    LINK_REFUSAL_CHANGES = 8,
    // the board has confirmed another image, or none
    LINK_REFUSAL_BASE = 9,
    // damaged, or not as it must be written: the key at fault
    LINK_REFUSAL_MANIFEST = 10,
    // the firmware does not know who signed
    LINK_REFUSAL_KEY = 11,
    // the manifest is not what was signed
    LINK_REFUSAL_SIGNATURE = 12,
    LINK_REFUSAL_PRODUCT = 13,
    LINK_REFUSAL_APP = 14,
    // for another kind of processor: bytes of a pointer
    LINK_REFUSAL_POINTER = 15,
    // this kind of payload is not taken
    LINK_REFUSAL_KIND = 16,
    // the firmware lacks it: its number
    LINK_REFUSAL_KERNEL = 17,
    // the firmware has another
    LINK_REFUSAL_KERNEL_VERSION = 18,
    // too small: bytes
    LINK_REFUSAL_ARENA = 19,
    // too small: bytes
    LINK_REFUSAL_STATE = 20,
    // too small: bytes
    LINK_REFUSAL_WINDOW = 21,
    // too little room for parameters: bytes
    LINK_REFUSAL_PARAMS = 22,
    // is no image that this firmware can open; it is given up
    LINK_REFUSAL_IMAGE = 23,
    // of front end, gate or decision do not suit this firmware; the image is given up
    LINK_REFUSAL_SETTINGS = 24,
    // the model does not compute what it should; it is given up
    LINK_REFUSAL_SELF_CHECK = 25,
    // is not over: windows that are left
    LINK_REFUSAL_TRIAL = 26
};

// Why the last image was given up.
enum link_given_up {
    // nothing was, since the last image was announced
    LINK_GIVEN_UP_NOTHING = 0,
    // UPDATE_ABORT
    LINK_GIVEN_UP_HOST = 1,
    // it was not what its digest says
    LINK_GIVEN_UP_DIGEST = 2,
    // the board restarted during the trial
    LINK_GIVEN_UP_RESTART = 3,
    // the payload makes no image out of the base
    LINK_GIVEN_UP_CHANGES = 4,
    // the watchdog restarted the board during the trial
    LINK_GIVEN_UP_WATCHDOG = 16,
    // the model did not compute what it should
    LINK_GIVEN_UP_SELF_CHECK = 17,
    // a window of the trial missed its deadline
    LINK_GIVEN_UP_LATE = 18,
    // no image that this firmware can open
    LINK_GIVEN_UP_IMAGE = 19,
    // settings that do not suit this firmware
    LINK_GIVEN_UP_SETTINGS = 20,
    // UPDATE_REVERT
    LINK_GIVEN_UP_REVERTED = 21
};

// Second byte of a LEARN: what is done with the device's own baseline.
enum link_learn {
    // -> learnt u32 (windows or examples), wanted u32 (the same; 0 when it is not learning), size u32 (of what is
    // learnt)
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
    // label bytes (of a class; none: all); back to the firmware's own baseline or classes; BAD_ARGUMENT if no class has
    // that label
    LINK_LEARN_FORGET = 7,
    // examples u8 (1 to 5; 0: awaits no more of them and learns nothing), label bytes (ASCII, 1 to 15); learns a class
    // from so many examples, that the sensor sees from now on; NOT_NOW: no room, or a sensor that is not to be
    // believed; UNSUPPORTED where a baseline is learnt
    LINK_LEARN_SHOW = 8,
    // -> news u8, other u8 (class, 0xFF: none), left_out u8 (examples of the last ones that were unlike the others),
    // classes u8 (learnt), told u16 (news since the start)
    LINK_LEARN_NEWS = 9
};

// What became of the examples of a class that were shown.
enum link_news {
    LINK_NEWS_NOTHING = 0,
    // for an example
    LINK_NEWS_WAITING = 1,
    // one was seen
    LINK_NEWS_EXAMPLE = 2,
    // one was none: it is what the device sees when nothing is meant
    LINK_NEWS_BACKGROUND = 3,
    // refused: the examples are not alike
    LINK_NEWS_UNLIKE = 4,
    // refused: their mean lies on that of the other class
    LINK_NEWS_CLOSE = 5,
    // taken back: old windows got other answers than before
    LINK_NEWS_WORSE = 6,
    LINK_NEWS_LEARNT = 7,
    // learnt, but the network takes most of the examples for the other class
    LINK_NEWS_LEARNT_LIKE = 8,
    // learnt, but there is no room in the store: it lasts until the board restarts
    LINK_NEWS_NOT_KEPT = 9,
    // without an example
    LINK_NEWS_STOPPED = 10
};

// Second byte of a FLEET: a step of a round of learning together.
enum link_fleet {
    // -> seeded u8 (1: it has a seed), last u32 (round that it has joined), sums u16 (values of a contribution of this
    // kind that it has now, 0: none), updates u16 (the same), model bytes (the first 8 of the hash of the model that
    // runs)
    LINK_FLEET_STATUS = 0,
    // seed bytes (32 random ones); NOT_NOW if it has another: nobody changes it unnoticed
    LINK_FLEET_SEED = 1,
    // the seed and the last round
    LINK_FLEET_FORGET = 2,
    // round u32, model_0 u32 (of the hash of the model), model_1 u32, kind u8, most u32 (length after clipping), size
    // u16 (values), epochs u16 (of updates, as those that follow), rate u8 (bits by which a step is made smaller), unit
    // u32 (of the layer's output, in 2^-20 of a logit) -> key bytes (the public one of this round); BAD_ARGUMENT for
    // another model or size; NOT_NOW unless the round is above the last one; UNSUPPORTED without a seed, or with
    // nothing to give
    LINK_FLEET_JOIN = 3,
    // member u8, key bytes; of the group, the own key too
    LINK_FLEET_MEMBER = 4,
    // own u8 (its place in the group), members u8; what it gives is taken and clipped now; BAD_ARGUMENT for a group
    // that is not sound
    LINK_FLEET_BEGIN = 5,
    // block u16 (of 16 values) -> values bytes (of up to 4 blocks, masked)
    LINK_FLEET_READ = 6,
    // present u16 (a bit for each member in the sum), number u8 -> key bytes (0: of its own stream; then those that it
    // shares with the missing ones, in their order); BAD_ARGUMENT for too few; NOT_NOW for others than those that were
    // asked for first
    LINK_FLEET_REVEAL = 7
};

// What boards give.
enum link_fleet_kind {
    // what it would change of the last layer
    LINK_FLEET_KIND_UPDATES = 0,
    // sums of its features by class
    LINK_FLEET_KIND_SUMS = 1
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
