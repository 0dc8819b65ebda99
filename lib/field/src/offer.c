// Whether a manifest is one that this firmware takes: signed, for it, above its counter, and with no more than it has.
#include "core.h"

#if FIELD_UPDATES

#include "update/signature.h"
#include <string.h>

static bool refuse(field_refusal *why, uint32_t reason, uint32_t needs, uint32_t has) {
    *why = (field_refusal){reason, needs, has};
    return false;
}

static bool enough(field_refusal *why, uint32_t reason, uint32_t needs, uint32_t has) {
    return needs <= has || refuse(why, reason, needs, has);
}

static bool is_signed(const update_manifest *m, uint32_t size, field_refusal *why) {
    const uint8_t *key = field_public_key(m->value[UPDATE_FIELD_KEY].bytes);
    if (!key) return refuse(why, LINK_REFUSAL_KEY, 0, 0);
    return update_signed(field.manifest, size, field.manifest + size, key) || refuse(why, LINK_REFUSAL_SIGNATURE, 0, 0);
}

static bool is_for_us(const update_manifest *m, field_refusal *why) {
    const uint32_t pointer = m->value[UPDATE_FIELD_POINTER].number, kind = m->value[UPDATE_FIELD_KIND].number;
    const update *about = field_about(kind);
    if (!update_manifest_says(m, UPDATE_FIELD_PRODUCT, field_product)) return refuse(why, LINK_REFUSAL_PRODUCT, 0, 0);
    if (!update_manifest_says(m, UPDATE_FIELD_APP, field.service->app)) return refuse(why, LINK_REFUSAL_APP, 0, 0);
    if (pointer != sizeof(void *)) return refuse(why, LINK_REFUSAL_POINTER, pointer, sizeof(void *));
    if (!about) return refuse(why, LINK_REFUSAL_KIND, kind, UPDATE_KIND_ARRAYS);
    const uint32_t counter = m->value[UPDATE_FIELD_COUNTER].number, ours = about->state.counter;
    return counter > ours || refuse(why, LINK_REFUSAL_COUNTER, counter, ours);
}

static bool has_base(const update_manifest *m, field_refusal *why) {
    const uint8_t *base = m->value[UPDATE_FIELD_BASE].bytes, slot = field.slots.state.confirmed;
    if (!base) return true;
    if (m->value[UPDATE_FIELD_KIND].number == UPDATE_KIND_FIRMWARE)
        return field_has_program(m) || refuse(why, LINK_REFUSAL_BASE, 0, 0);
    const bool same = slot != UPDATE_NO_SLOT && memcmp(field.slots.state.digest[slot], base, UPDATE_BASE_ID) == 0;
    return same || refuse(why, LINK_REFUSAL_BASE, 0, 0);
}

static bool has_kernel(uint16_t id, uint16_t version, field_refusal *why) {
    for (uint16_t k = 0; k < field.room->kernels; k++) {
        const image_kernel *kernel = field.room->kernel[k];
        if (kernel->id != id) continue;
        return kernel->version == version || refuse(why, LINK_REFUSAL_KERNEL_VERSION, version, kernel->version);
    }
    return refuse(why, LINK_REFUSAL_KERNEL, id, 0);
}

static bool has_kernels(const update_manifest *m, field_refusal *why) {
    const uint8_t *at = m->value[UPDATE_FIELD_KERNELS].bytes;
    for (uint32_t i = 0; i < m->value[UPDATE_FIELD_KERNELS].number; i++) {
        uint16_t id, version;
        at = update_manifest_pair(at, &id, &version);
        if (!has_kernel(id, version, why)) return false;
    }
    return true;
}

static bool has_room(const update_manifest *m, field_refusal *why) {
    const uint32_t slot = field_about(m->value[UPDATE_FIELD_KIND].number)->slot_size;
    return enough(why, LINK_REFUSAL_ARENA, m->value[UPDATE_FIELD_ARENA].number, field.room->arena_size) &&
           enough(why, LINK_REFUSAL_STATE, m->value[UPDATE_FIELD_STATE].number, field.room->state_size) &&
           enough(why, LINK_REFUSAL_WINDOW, m->value[UPDATE_FIELD_WINDOW].number, field.room->window) &&
           enough(why, LINK_REFUSAL_PARAMS, m->value[UPDATE_FIELD_PARAMS].number, field.room->params_size) &&
           enough(why, LINK_REFUSAL_SIZE, m->value[UPDATE_FIELD_SIZE].number, slot);
}

bool field_judge(update_manifest *m, field_refusal *why) {
    if (field.filled <= UPDATE_SIGNATURE) return refuse(why, LINK_REFUSAL_MANIFEST, UPDATE_KEYS, 0);
    const uint32_t size = field.filled - UPDATE_SIGNATURE;
    const uint32_t fault = update_manifest_read(m, field.manifest, size);
    if (fault) return refuse(why, LINK_REFUSAL_MANIFEST, fault, 0);
    return is_signed(m, size, why) && is_for_us(m, why) && has_base(m, why) && has_kernels(m, why) && has_room(m, why);
}

#endif
