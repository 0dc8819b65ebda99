// chip.h: what the three chips differ in.
#ifndef INA_CHIP_H
#define INA_CHIP_H

#include "ina/ina.h"

typedef struct ina_chip {
    ina_kind kind;
    bool (*answers)(const ina_config *config);       // it is this chip
    int (*configure)(ina *m);                        // sets it, and period_us, lsb_pa and limit
    int (*poll)(const ina *m, ina_sample *sample);   // as ina_poll
    int (*totals)(const ina *m, ina_totals *totals); // NULL: has none
} ina_chip;

extern const ina_chip ina219_chip, ina226_chip, ina228_chip;

enum { INA_MANUFACTURER = 0x5449 }; // "TI"

// Big-endian registers. They return false where the chip does not acknowledge.
bool ina_get(const ina_config *config, uint8_t reg, size_t size, uint64_t *value);
bool ina_put16(const ina_config *config, uint8_t reg, uint32_t value);

int64_t ina_signed(uint64_t value, unsigned bits);
unsigned ina_nearest(const uint32_t *values, unsigned count, uint32_t wanted); // index
uint64_t ina_lsb_pa(const ina_config *config, uint32_t shunt_lsb_pv);          // of a count of the shunt in picovolts
bool ina_fits(const ina_config *config, uint32_t range_uv);                    // largest_ua lies in that range
void ina_fill(const ina *m, ina_sample *sample, int64_t counts, int64_t bus, bool overflow);

#endif
