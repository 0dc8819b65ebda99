// INA226, SBOS547B: 16 bits, shunt counts of 2.5 uV in one range of 81.92 mV, bus counts of 1.25 mV.
#include "chip.h"

enum { CONFIG = 0x00, BUS = 0x02, CURRENT = 0x04, CALIBRATION = 0x05, MASK = 0x06, MANUFACTURER = 0xFE, DIE = 0xFF };
enum { RESET = 0x8000, ALWAYS_SET = 0x4000, CONTINUOUS = 7, READY = 8, OVERFLOW = 4 };
enum { DIE_226 = 0x2260, SHUNT_LSB_PV = 2500000, ONE_TO_ONE = 2048, LIMIT = 0x7FFF };

static const uint32_t times_us[] = {140, 204, 332, 588, 1100, 2116, 4156, 8244};
static const uint32_t averages[] = {1, 4, 16, 64, 128, 256, 512, 1024};
enum { SETTINGS = 8 };

static bool answers(const ina_config *config) {
    uint64_t manufacturer, die;
    return ina_get(config, MANUFACTURER, 2, &manufacturer) && ina_get(config, DIE, 2, &die) &&
           manufacturer == INA_MANUFACTURER && (die & 0xFFF0) == DIE_226;
}

static int configure(ina *m) {
    const ina_config *config = m->config;
    const unsigned shunt = ina_nearest(times_us, SETTINGS, config->shunt_us);
    const unsigned bus = ina_nearest(times_us, SETTINGS, config->bus_us);
    const unsigned average = ina_nearest(averages, SETTINGS, config->average);
    m->period_us = (times_us[shunt] + times_us[bus]) * averages[average];
    m->lsb_pa = ina_lsb_pa(config, SHUNT_LSB_PV);
    m->limit = LIMIT;
    const bool good = ina_put16(config, CONFIG, RESET) && ina_put16(config, CALIBRATION, ONE_TO_ONE) &&
                      ina_put16(config, CONFIG, ALWAYS_SET | average << 9 | bus << 6 | shunt << 3 | CONTINUOUS);
    return good ? INA_OK : INA_ERR_BUS;
}

static int poll(const ina *m, ina_sample *sample) {
    uint64_t flags, current, bus; // reading the flags ends READY
    if (!ina_get(m->config, MASK, 2, &flags)) return INA_ERR_BUS;
    if (!(flags & READY)) return 0;
    if (!ina_get(m->config, CURRENT, 2, &current) || !ina_get(m->config, BUS, 2, &bus)) return INA_ERR_BUS;
    ina_fill(m, sample, ina_signed(current, 16), (int64_t)bus * (INA_BUS_PER_V / 100) / 8, flags & OVERFLOW);
    return 1;
}

const ina_chip ina226_chip = {INA_226, answers, configure, poll, NULL};
