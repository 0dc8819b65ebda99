// INA219, SBOS448G: 12 bits, shunt counts of 10 uV in four ranges. It has no identification: after a reset its
// configuration register holds 0x399F.
#include "chip.h"

enum { CONFIG = 0, BUS = 2, POWER = 3, CURRENT = 4, CALIBRATION = 5 };
enum { RESET = 0x8000, AFTER_RESET = 0x399F, CONTINUOUS = 7 };
enum { READY = 2, OVERFLOW = 1 }; // of BUS, whose voltage begins at bit 3
enum { SHUNT_LSB_PV = 10000000, BUS_PER_COUNT = INA_BUS_PER_V / 250, ONE_TO_ONE = 4096, RANGE_UV = 40000, RANGES = 4 };

// Table 5: 9 to 12 bits in one conversion, then 12 bits and 2 to 128 samples averaged.
static const uint8_t codes[] = {0, 1, 2, 3, 9, 10, 11, 12, 13, 14, 15};
static const uint32_t times_us[] = {84, 148, 276, 532, 1060, 2130, 4260, 8510, 17020, 34050, 68100};
enum { TIMES = sizeof codes };

static bool answers(const ina_config *config) {
    uint64_t found;
    return ina_get(config, CONFIG, 2, &found) && ina_put16(config, CONFIG, RESET) &&
           ina_get(config, CONFIG, 2, &found) && found == AFTER_RESET;
}

static int configure(ina *m) {
    const ina_config *config = m->config;
    const unsigned shunt = ina_nearest(times_us, TIMES, (uint32_t)config->shunt_us * config->average);
    const unsigned bus = ina_nearest(times_us, TIMES, (uint32_t)config->bus_us * config->average);
    unsigned range = 0;
    while (range < RANGES - 1 && !ina_fits(config, (uint32_t)RANGE_UV << range)) range++;
    m->period_us = times_us[shunt] + times_us[bus];
    m->lsb_pa = ina_lsb_pa(config, SHUNT_LSB_PV);
    m->limit = 4000 << range;
    const uint32_t sets = range << 11 | (uint32_t)codes[bus] << 7 | (uint32_t)codes[shunt] << 3 | CONTINUOUS;
    const bool good = ina_put16(config, CALIBRATION, ONE_TO_ONE) && ina_put16(config, CONFIG, sets | 1u << 13);
    return good ? INA_OK : INA_ERR_BUS;
}

// Reading the power ends READY, says the data sheet; chips were seen that end it when the bus voltage is read.
static int poll(const ina *m, ina_sample *sample) {
    uint64_t bus, current, power;
    if (!ina_get(m->config, BUS, 2, &bus)) return INA_ERR_BUS;
    if (!(bus & READY)) return 0;
    if (!ina_get(m->config, CURRENT, 2, &current) || !ina_get(m->config, POWER, 2, &power)) return INA_ERR_BUS;
    ina_fill(m, sample, ina_signed(current, 16), (int64_t)(bus >> 3) * BUS_PER_COUNT, bus & OVERFLOW);
    return 1;
}

const ina_chip ina219_chip = {INA_219, answers, configure, poll, NULL};
