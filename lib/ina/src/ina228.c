// INA228, SLYS021A: 20 bits, shunt counts of 312.5 nV up to 163.84 mV or of 78.125 nV up to 40.96 mV, bus counts of
// 195.3125 uV, and accumulators of charge and energy.
#include "chip.h"

enum { CONFIG = 0x00, ADC_CONFIG = 0x01, CALIBRATION = 0x02, BUS = 0x05, CURRENT = 0x07, ENERGY = 0x09, CHARGE = 0x0A };
enum { DIAGNOSIS = 0x0B, MANUFACTURER = 0x3E, DEVICE = 0x3F };
enum { RESET = 0x8000, FINE_RANGE = 1 << 4, SHUNT_AND_BUS_FOR_EVER = 0xB };
enum { LATCH = 0x8000, READY = 1 << 1, OVERFLOW = 1 << 9 };
enum { DEVICE_228 = 0x2280, COARSE_LSB_PV = 312500, FINE_LSB_PV = 78125, FINE_UV = 40960, ONE_TO_ONE = 4096 };
enum { LIMIT = (1 << 19) - 1 };

static const uint32_t times_us[] = {50, 84, 150, 280, 540, 1052, 2074, 4120};
static const uint32_t averages[] = {1, 4, 16, 64, 128, 256, 512, 1024};
enum { SETTINGS = 8 };

static bool answers(const ina_config *config) {
    uint64_t manufacturer, device;
    return ina_get(config, MANUFACTURER, 2, &manufacturer) && ina_get(config, DEVICE, 2, &device) &&
           manufacturer == INA_MANUFACTURER && (device & 0xFFF0) == DEVICE_228;
}

// Without the latch a conversion that is complete would show for a moment only.
static int configure(ina *m) {
    const ina_config *config = m->config;
    const unsigned shunt = ina_nearest(times_us, SETTINGS, config->shunt_us);
    const unsigned bus = ina_nearest(times_us, SETTINGS, config->bus_us);
    const unsigned average = ina_nearest(averages, SETTINGS, config->average);
    const bool fine = ina_fits(config, FINE_UV);
    m->period_us = (times_us[shunt] + times_us[bus]) * averages[average];
    m->lsb_pa = ina_lsb_pa(config, fine ? FINE_LSB_PV : COARSE_LSB_PV);
    m->limit = LIMIT;
    const uint32_t adc = (uint32_t)SHUNT_AND_BUS_FOR_EVER << 12 | bus << 9 | shunt << 6 | average;
    const bool good = ina_put16(config, CONFIG, RESET) && ina_put16(config, CONFIG, fine ? FINE_RANGE : 0) &&
                      ina_put16(config, CALIBRATION, ONE_TO_ONE) && ina_put16(config, DIAGNOSIS, LATCH) &&
                      ina_put16(config, ADC_CONFIG, adc);
    return good ? INA_OK : INA_ERR_BUS;
}

static int poll(const ina *m, ina_sample *sample) {
    uint64_t flags, current, bus; // reading the flags ends READY
    if (!ina_get(m->config, DIAGNOSIS, 2, &flags)) return INA_ERR_BUS;
    if (!(flags & READY)) return 0;
    if (!ina_get(m->config, CURRENT, 3, &current) || !ina_get(m->config, BUS, 3, &bus)) return INA_ERR_BUS;
    const int64_t bus_counts = (int64_t)(bus >> 4) * INA_BUS_PER_V / 5120; // 195.3125 uV is a 5120th of a volt
    ina_fill(m, sample, ina_signed(current >> 4, 20), bus_counts, flags & OVERFLOW);
    return 1;
}

// A count of the charge is CURRENT_LSB times a second, one of the energy 16 * 3.2 times that and a volt.
static int totals(const ina *m, ina_totals *totals) {
    uint64_t charge, energy;
    if (!ina_get(m->config, CHARGE, 5, &charge) || !ina_get(m->config, ENERGY, 5, &energy)) return INA_ERR_BUS;
    const int64_t lsb = (int64_t)m->lsb_pa, counts = ina_signed(charge, 40);
    totals->charge_nc = counts / 1000 * lsb + counts % 1000 * lsb / 1000;
    totals->energy_nj = energy / 5000 * m->lsb_pa * 256 + energy % 5000 * m->lsb_pa * 256 / 5000;
    return INA_OK;
}

const ina_chip ina228_chip = {INA_228, answers, configure, poll, totals};
