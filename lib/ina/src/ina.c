#include "chip.h"

static const ina_chip *const chips[] = {&ina228_chip, &ina226_chip, &ina219_chip}; // last the one that has no number

bool ina_get(const ina_config *config, uint8_t reg, size_t size, uint64_t *value) {
    uint8_t bytes[5];
    if (!config->bus.read(config->address, reg, bytes, size)) return false;
    *value = 0;
    for (size_t i = 0; i < size; i++) *value = *value << 8 | bytes[i];
    return true;
}

bool ina_put16(const ina_config *config, uint8_t reg, uint32_t value) {
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    return config->bus.write(config->address, reg, bytes, sizeof bytes);
}

int64_t ina_signed(uint64_t value, unsigned bits) {
    const uint64_t sign = UINT64_C(1) << (bits - 1);
    return (int64_t)(value ^ sign) - (int64_t)sign;
}

unsigned ina_nearest(const uint32_t *values, unsigned count, uint32_t wanted) {
    unsigned best = 0;
    uint32_t least = UINT32_MAX;
    for (unsigned i = 0; i < count; i++) {
        const uint32_t off = values[i] > wanted ? values[i] - wanted : wanted - values[i];
        if (off < least) best = i;
        if (off < least) least = off;
    }
    return best;
}

uint64_t ina_lsb_pa(const ina_config *config, uint32_t shunt_lsb_pv) {
    return (uint64_t)shunt_lsb_pv * 1000000u / config->shunt_uohm;
}

bool ina_fits(const ina_config *config, uint32_t range_uv) {
    return config->largest_ua && (uint64_t)config->largest_ua * config->shunt_uohm <= (uint64_t)range_uv * 1000000u;
}

void ina_fill(const ina *m, ina_sample *sample, int64_t counts, int64_t bus, bool overflow) {
    const int64_t current = counts * (int64_t)m->lsb_pa / (1000000 / INA_CURRENT_PER_UA);
    sample->current = current > INT32_MAX ? INT32_MAX : current < INT32_MIN ? INT32_MIN : (int32_t)current;
    sample->bus = (int32_t)bus;
    sample->saturated = overflow || counts >= m->limit || counts <= -m->limit || current != sample->current;
}

int ina_begin(ina *m, const ina_config *config) {
    if (config->shunt_uohm < 1000 || config->shunt_uohm > 100000000) return INA_ERR_CONFIG;
    for (unsigned i = 0; i < sizeof chips / sizeof *chips; i++) {
        if (!chips[i]->answers(config)) continue;
        m->config = config;
        m->chip = chips[i];
        m->kind = chips[i]->kind;
        return chips[i]->configure(m);
    }
    return INA_ERR_ABSENT;
}

int ina_poll(ina *m, ina_sample *sample) {
    return m->chip->poll(m, sample);
}

bool ina_has_totals(const ina *m) {
    return m->chip->totals;
}

int ina_read_totals(const ina *m, ina_totals *totals) {
    return m->chip->totals ? m->chip->totals(m, totals) : INA_ERR_ABSENT;
}
