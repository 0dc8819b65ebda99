// ina_model.c: SBOS448G (INA219), SBOS547B (INA226), SLYS021A (INA228).
#include "ina_model.h"

#if defined(BOARD_MPS2) || defined(BOARD_HOST)

#include <string.h>

#define NS_PER_S 1000000000

enum { RESET = 0x8000, SECOND_LIMIT = 1 << 19 };
enum { READY_219 = 2, OVERFLOW_219 = 1, READY_226 = 8, OVERFLOW_226 = 4, READY_228 = 2, OVERFLOW_228 = 1 << 9 };
enum { LATCH_228 = 0x8000, FINE_228 = 1 << 4, RESET_TOTALS_228 = 1 << 14 };

void ina_model_reset(ina_model *m, ina_model_kind kind) {
    static const uint16_t config[] = {0x399F, 0x4127, 0x0000}, adc[] = {0, 0, 0xFB68}, calibration[] = {0, 0, 0x1000};
    memset(m, 0, sizeof *m);
    m->kind = kind;
    m->config = config[kind];
    m->adc = adc[kind];
    m->calibration = calibration[kind];
    m->started = true;
}

static int64_t clip(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

static int64_t rounded(int64_t value, int64_t by) { // to the nearest, halves away from zero
    return (value + (value < 0 ? -by / 2 : by / 2)) / by;
}

// Registers: value and bytes.

static uint64_t value_219(ina_model *m, uint8_t reg) {
    const uint64_t bus = m->bus << 3 | m->flags;
    const uint64_t value[] = {m->config, (uint64_t)m->shunt, bus, m->power, (uint64_t)m->current, m->calibration};
    if (reg == 3) m->flags &= (uint16_t)~READY_219;
    return reg < sizeof value / sizeof *value ? value[reg] : 0;
}

static uint64_t value_226(ina_model *m, uint8_t reg) {
    const uint64_t value[] = {m->config, (uint64_t)m->shunt, m->bus, m->power, (uint64_t)m->current, m->calibration,
                              m->flags};
    if (reg == 6) m->flags &= (uint16_t)~READY_226;
    if (reg == 0xFE) return 0x5449;
    if (reg == 0xFF) return 0x2260;
    return reg < sizeof value / sizeof *value ? value[reg] : 0;
}

static uint64_t value_228(ina_model *m, uint8_t reg) {
    const uint64_t value[] = {m->config,
                              m->adc,
                              m->calibration,
                              0,
                              (uint64_t)m->shunt << 4,
                              m->bus << 4,
                              25 * 128,
                              (uint64_t)m->current << 4,
                              m->power,
                              m->energy,
                              (uint64_t)m->charge,
                              m->flags};
    if (reg == 0x0B) m->flags &= (uint16_t)~READY_228;
    if (reg == 0x3E) return 0x5449;
    if (reg == 0x3F) return 0x2281;
    return reg < sizeof value / sizeof *value ? value[reg] : 0;
}

void ina_model_read(ina_model *m, uint8_t reg, uint8_t *bytes, size_t size) {
    static uint64_t (*const value[])(ina_model *, uint8_t) = {value_219, value_226, value_228};
    const uint64_t found = value[m->kind](m, reg);
    const bool wide = m->kind == INA_MODEL_228, total = reg == 0x09 || reg == 0x0A;
    const size_t width = wide && total ? 5 : wide && (reg == 0x04 || reg == 0x05 || reg == 0x07 || reg == 0x08) ? 3 : 2;
    memset(bytes, 0xFF, size);
    for (size_t i = 0; i < size && i < width; i++) bytes[i] = (uint8_t)(found >> 8 * (width - 1 - i));
}

static void write_228(ina_model *m, uint8_t reg, uint16_t value) {
    if (reg == 0) m->config = value & 0x3FF0;
    if (reg == 0 && value & RESET_TOTALS_228) m->charge = m->charge_rest = 0;
    if (reg == 0 && value & RESET_TOTALS_228) m->energy = m->energy_rest = 0;
    if (reg == 1) m->adc = value;
    if (reg == 1) m->started = true;
    if (reg == 2) m->calibration = value & 0x7FFF;
    if (reg == 0x0B) m->flags = (uint16_t)((value & 0xF000) | (m->flags & 0x0FFF));
}

void ina_model_write(ina_model *m, uint8_t reg, const uint8_t *bytes, size_t size) {
    if (size != 2) return;
    const uint16_t value = (uint16_t)(bytes[0] << 8 | bytes[1]);
    if (reg == 0 && value & RESET) {
        ina_model_reset(m, m->kind);
    } else if (m->kind == INA_MODEL_228) {
        write_228(m, reg, value);
    } else if (reg == 0) {
        m->config = value;
        m->flags &= (uint16_t)~(m->kind == INA_MODEL_219 ? READY_219 : READY_226);
        m->started = true;
    } else if (reg == 5) {
        m->calibration = value & (m->kind == INA_MODEL_219 ? 0xFFFE : 0x7FFF);
    }
}

// Conversions.

static uint32_t time_219(uint32_t code) { // table 5, of one to 128 samples
    static const uint32_t ns[] = {84000, 148000, 276000, 532000};
    return code & 8 ? code == 8 ? ns[3] : 532000u << (code & 7) : ns[code & 3];
}

uint32_t ina_model_times(const ina_model *m, uint32_t *shunt_ns, uint32_t *bus_ns) {
    static const uint16_t us_226[] = {140, 204, 332, 588, 1100, 2116, 4156, 8244};
    static const uint16_t us_228[] = {50, 84, 150, 280, 540, 1052, 2074, 4120};
    static const uint16_t averages[] = {1, 4, 16, 64, 128, 256, 512, 1024};
    const uint16_t config = m->kind == INA_MODEL_228 ? m->adc : m->config;
    if (m->kind == INA_MODEL_219) {
        *shunt_ns = time_219(config >> 3 & 15);
        *bus_ns = time_219(config >> 7 & 15);
        return (config & 7) == 7;
    }
    const uint16_t *us = m->kind == INA_MODEL_226 ? us_226 : us_228;
    const unsigned shift = m->kind == INA_MODEL_226 ? 3 : 6;
    *shunt_ns = us[config >> shift & 7] * 1000u;
    *bus_ns = us[config >> (shift + 3) & 7] * 1000u;
    const bool runs = m->kind == INA_MODEL_226 ? (config & 7) == 7 : config >> 12 == 0xB || config >> 12 == 0xF;
    return runs ? averages[m->kind == INA_MODEL_226 ? config >> 9 & 7 : config & 7] : 0;
}

static void convert_219(ina_model *m, int64_t shunt_nv, int64_t bus_uv) {
    const int64_t limit = 4000 << (m->config >> 11 & 3), bus_limit = m->config >> 13 & 1 ? 8000 : 4000;
    const unsigned shunt_code = m->config >> 3 & 15, bus_code = m->config >> 7 & 15;
    const int64_t step = 1 << (shunt_code & 8 ? 0 : 3 - (shunt_code & 3));
    const int64_t bus_step = 1 << (bus_code & 8 ? 0 : 3 - (bus_code & 3));
    m->shunt = clip(rounded(shunt_nv, 10000 * step) * step, -limit, limit);
    m->bus = (uint64_t)clip(rounded(bus_uv, 4000 * bus_step) * bus_step, 0, bus_limit);
    const int64_t current = m->shunt * m->calibration / 4096;
    const uint64_t power = (uint64_t)(current < 0 ? -current : current) * m->bus / 5000;
    const bool over = current > INT16_MAX || current < INT16_MIN || power > UINT16_MAX;
    m->current = clip(current, INT16_MIN, INT16_MAX);
    m->power = power;
    m->flags = (uint16_t)(READY_219 | (over ? OVERFLOW_219 : 0));
}

static void convert_226(ina_model *m, int64_t shunt_nv, int64_t bus_uv) {
    m->shunt = clip(rounded(shunt_nv, 2500), INT16_MIN, INT16_MAX);
    m->bus = (uint64_t)clip(rounded(bus_uv, 1250), 0, INT16_MAX);
    const int64_t current = m->shunt * m->calibration / 2048;
    const uint64_t power = (uint64_t)(current < 0 ? -current : current) * m->bus / 20000;
    const bool over = current > INT16_MAX || current < INT16_MIN || power > UINT16_MAX;
    m->current = clip(current, INT16_MIN, INT16_MAX);
    m->power = power;
    m->flags = (uint16_t)((m->flags & 0xFC00) | READY_226 | (over ? OVERFLOW_226 : 0));
}

static void add_up_228(ina_model *m, uint64_t took_ns) {
    m->charge_rest += m->current * (int64_t)took_ns;
    m->charge += m->charge_rest / NS_PER_S;
    m->charge_rest %= NS_PER_S;
    m->energy_rest += m->power * took_ns; // a count is 16 counts of the power for a second
    m->energy += m->energy_rest / (16u * (uint64_t)NS_PER_S);
    m->energy_rest %= 16u * (uint64_t)NS_PER_S;
}

// SHUNT_CAL stands for the shunt's resistance: the current is inversely proportional to it. Section 8.2.2: 311040
// counts of the shunt with a calibration of 4050 are 314572 counts of the current.
static void convert_228(ina_model *m, int64_t shunt_nv, int64_t bus_uv, uint64_t took_ns) {
    const int64_t lsb_pv = m->config & FINE_228 ? 78125 : 312500;
    m->shunt = clip(rounded(shunt_nv * 1000, lsb_pv), -SECOND_LIMIT, SECOND_LIMIT - 1);
    m->bus = (uint64_t)clip(rounded(bus_uv * 10000, 1953125), 0, SECOND_LIMIT - 1);
    const int64_t current = m->calibration ? m->shunt * 4096 / m->calibration : 0;
    const bool over = current >= SECOND_LIMIT || current < -SECOND_LIMIT;
    m->current = clip(current, -SECOND_LIMIT, SECOND_LIMIT - 1);
    // Volts times amperes in counts of 3.2 CURRENT_LSB: bus counts are 195.3125 uV.
    m->power = (uint64_t)(m->current < 0 ? -m->current : m->current) * m->bus / 16384;
    const bool latched = m->flags & LATCH_228;
    m->flags = (uint16_t)((m->flags & 0xF000) | (latched ? READY_228 : 0) | (over ? OVERFLOW_228 : 0) | 1);
    add_up_228(m, took_ns);
}

void ina_model_convert(ina_model *m, int64_t shunt_nv, int64_t bus_uv, uint64_t took_ns) {
    if (m->kind == INA_MODEL_219) convert_219(m, shunt_nv, bus_uv);
    if (m->kind == INA_MODEL_226) convert_226(m, shunt_nv, bus_uv);
    if (m->kind == INA_MODEL_228) convert_228(m, shunt_nv, bus_uv, took_ns);
}

#endif
