// Written by `python -m ml link --write` from lib/update/manifest.toml: change it there.
//
// fields.h: the fields of an update's manifest, a deterministic CBOR map; docs/update.md describes it.
#ifndef UPDATE_FIELDS_H
#define UPDATE_FIELDS_H

// clang-format off
#define UPDATE_MANIFEST_FORMAT 1 // of the manifest
#define UPDATE_MANIFEST_MAX 384 // bytes of a manifest
#define UPDATE_SIGNATURE 64 // bytes: EdDSA with BLAKE2b over the manifest's bytes
#define UPDATE_PUBLIC_KEY 32 // bytes
#define UPDATE_KEY_ID 4 // bytes: the first of the BLAKE2b-256 of the public key
#define UPDATE_BASE_ID 8 // bytes: the first of the base's digest

// A row: X(name, key, type, least, most, when). `least` and `most` are of a UINT's value, of the length of TEXT and
// BYTES, and of the number of PAIRS. IMAGE: in a manifest of that kind and in no other; CHANGE: of the other kinds.
#define UPDATE_FIELDS(X) \
    X(FORMAT, 1, UINT, 1u, 1u, ALWAYS) \
    X(PRODUCT, 2, TEXT, 1u, 31u, ALWAYS) \
    X(APP, 3, TEXT, 1u, 31u, ALWAYS) \
    X(POINTER, 4, UINT, 4u, 8u, ALWAYS) \
    X(KIND, 5, UINT, 0u, 2u, ALWAYS) \
    X(VERSION, 6, TEXT, 1u, 23u, ALWAYS) \
    X(COUNTER, 7, UINT, 1u, 4294967295u, ALWAYS) \
    X(DIGEST, 8, BYTES, 32u, 32u, ALWAYS) \
    X(SIZE, 9, UINT, 1u, 4294967295u, ALWAYS) \
    X(KEY, 10, BYTES, 4u, 4u, ALWAYS) \
    X(TRIAL, 11, UINT, 1u, 65535u, ALWAYS) \
    X(KERNELS, 12, PAIRS, 0u, 32u, IMAGE) \
    X(ARENA, 13, UINT, 0u, 4294967295u, IMAGE) \
    X(STATE, 14, UINT, 0u, 4294967295u, IMAGE) \
    X(WINDOW, 15, UINT, 0u, 4294967295u, IMAGE) \
    X(PARAMS, 16, UINT, 0u, 4294967295u, IMAGE) \
    X(BASE, 17, BYTES, 8u, 8u, CHANGE) \
    X(PAYLOAD, 18, UINT, 0u, 4294967295u, CHANGE)
// clang-format on

enum update_field {
    // of the manifest
    UPDATE_FIELD_FORMAT = 1,
    // whose boards may have it
    UPDATE_FIELD_PRODUCT = 2,
    // the application, as INFO names it
    UPDATE_FIELD_APP = 3,
    // bytes of a pointer: 4 for boards, 8 for the board `host`
    UPDATE_FIELD_POINTER = 4,
    // of the payload
    UPDATE_FIELD_KIND = 5,
    // for people
    UPDATE_FIELD_VERSION = 6,
    // a board takes only one above its own
    UPDATE_FIELD_COUNTER = 7,
    // BLAKE2b-256 of the image that comes out
    UPDATE_FIELD_DIGEST = 8,
    // bytes of the image that comes out
    UPDATE_FIELD_SIZE = 9,
    // id of the key that signed
    UPDATE_FIELD_KEY = 10,
    // windows that it must compute in time before it is confirmed
    UPDATE_FIELD_TRIAL = 11,
    // id and version of each kernel that it calls
    UPDATE_FIELD_KERNELS = 12,
    // bytes that it needs, likewise the next three
    UPDATE_FIELD_ARENA = 13,
    // of recurrent and streaming models
    UPDATE_FIELD_STATE = 14,
    // of input
    UPDATE_FIELD_WINDOW = 15,
    // for what is relocated
    UPDATE_FIELD_PARAMS = 16,
    // the first bytes of the base's digest
    UPDATE_FIELD_BASE = 17,
    // bytes of the payload; of an IMAGE they are SIZE
    UPDATE_FIELD_PAYLOAD = 18
};

enum update_kind {
    // the payload is the whole model image
    UPDATE_KIND_IMAGE = 0,
    // the payload has what changed against the base, an image of the same size
    UPDATE_KIND_ARRAYS = 1,
    // the payload is a patch against the base, a firmware
    UPDATE_KIND_FIRMWARE = 2
};

#endif
