#include "update/manifest.h"

#include <string.h>

enum { UINT, BYTES = 2, TEXT = 3, PAIRS = 4, MAP = 5 }; // major types of CBOR
enum { ALWAYS, IMAGE, CHANGE };
enum { IN_PLACE = 24 }; // a smaller number lies in the first byte

typedef struct {
    uint8_t key, type, when;
    uint32_t least, most;
} field;

#define FIELD(name, key, type, least, most, when) {key, type, when, least, most},
static const field fields[] = {UPDATE_FIELDS(FIELD)};
enum { FIELDS = sizeof fields / sizeof fields[0] };

typedef struct {
    const uint8_t *at, *end;
} reader;

// The head of an item, in its shortest form; false: no such item, or none so large.
static bool head(reader *r, uint8_t major, uint32_t *value) {
    if (r->at == r->end || *r->at >> 5 != major) return false;
    const uint8_t low = *r->at++ & 0x1F;
    *value = low;
    if (low < IN_PLACE) return true;
    if (low > IN_PLACE + 2) return false;
    const uint32_t size = 1u << (low - IN_PLACE);
    if ((uint32_t)(r->end - r->at) < size) return false;
    *value = 0;
    for (uint32_t i = 0; i < size; i++) *value = *value << 8 | *r->at++;
    return *value >= (low == IN_PLACE ? IN_PLACE : 1u << 4 * size);
}

static bool is_text(const uint8_t *text, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        const uint8_t c = text[i];
        const bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
        if (!word && (i == 0 || (c != '.' && c != '+' && c != '-'))) return false;
    }
    return true;
}

static bool is_pairs(reader *r, uint32_t count) {
    for (uint32_t i = 0, before = 0, id, version; i < count; i++, before = id) {
        if (!head(r, UINT, &id) || !head(r, UINT, &version)) return false;
        if (id <= before || id > UINT16_MAX || version < 1 || version > UINT16_MAX) return false;
    }
    return true;
}

static bool value(reader *r, const field *f, update_value *v) {
    if (!head(r, f->type, &v->number)) return false;
    v->bytes = r->at;
    if (f->type == PAIRS) {
        if (v->number % 2) return false;
        v->number /= 2;
    }
    if (v->number < f->least || v->number > f->most) return false;
    if (f->type == PAIRS) return is_pairs(r, v->number);
    if (f->type == UINT) return true;
    if (v->number > (uint32_t)(r->end - r->at)) return false;
    r->at += v->number;
    return f->type != TEXT || is_text(v->bytes, v->number);
}

static bool is_wanted(const update_manifest *m, const field *f) {
    if (f->when == ALWAYS) return true;
    return (f->when == IMAGE) == (m->value[UPDATE_FIELD_KIND].number == UPDATE_KIND_IMAGE);
}

uint32_t update_manifest_read(update_manifest *m, const uint8_t *bytes, uint32_t size) {
    reader r = {bytes, bytes + size};
    uint32_t count, key;
    memset(m, 0, sizeof *m);
    if (!head(&r, MAP, &count)) return UPDATE_KEYS;
    for (const field *f = fields; f < fields + FIELDS; f++) {
        if (!is_wanted(m, f)) continue;
        if (!count-- || !head(&r, UINT, &key) || key != f->key || !value(&r, f, &m->value[key])) return f->key;
    }
    return count || r.at != r.end ? UPDATE_KEYS : 0;
}

bool update_manifest_says(const update_manifest *m, uint32_t field, const char *text) {
    const update_value *v = &m->value[field];
    return v->number == strlen(text) && memcmp(v->bytes, text, v->number) == 0;
}

static uint16_t pair_number(reader *r) {
    uint32_t number = 0;
    head(r, UINT, &number);
    return (uint16_t)number;
}

const uint8_t *update_manifest_pair(const uint8_t *at, uint16_t *id, uint16_t *version) {
    reader r = {at, at + 6}; // two numbers of 16 bits at most, which the reader of the manifest has seen
    *id = pair_number(&r);
    *version = pair_number(&r);
    return r.at;
}

void update_manifest_offer(const update_manifest *m, update_offer *offer) {
    const bool changes = m->value[UPDATE_FIELD_KIND].number != UPDATE_KIND_IMAGE;
    memset(offer, 0, sizeof *offer);
    offer->counter = m->value[UPDATE_FIELD_COUNTER].number;
    offer->size = m->value[UPDATE_FIELD_SIZE].number;
    offer->payload = changes ? m->value[UPDATE_FIELD_PAYLOAD].number : offer->size;
    offer->trial = m->value[UPDATE_FIELD_TRIAL].number;
    offer->changes = changes;
    memcpy(offer->digest, m->value[UPDATE_FIELD_DIGEST].bytes, UPDATE_DIGEST);
    memcpy(offer->version, m->value[UPDATE_FIELD_VERSION].bytes, m->value[UPDATE_FIELD_VERSION].number);
}
