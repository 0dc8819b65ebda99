// ina.h: current and bus voltage from TI's INA219, INA226 and INA228 over I2C. No heap; one caller at a time.
//
// The chip converts the voltages of shunt and bus in turn, without end. ina_poll() asks whether a sample is complete
// and takes it. A sample that nobody takes before the next one is lost, and no flag of the chip says so; the user
// detects it by the time that has passed (pace.h). The calibration register is set so that a count of the current is a
// count of the shunt's ADC, so the chip rounds nothing.
//
// Sources: TI data sheets SBOS448G (INA219), SBOS547B (INA226), SLYS021A (INA228).
#ifndef INA_INA_H
#define INA_INA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define INA_FIRST_ADDRESS  0x40 // set by the pins A0 and A1
#define INA_LAST_ADDRESS   0x4F
#define INA_CURRENT_PER_UA 100   // counts of ina_sample.current per microampere: 10 nA each
#define INA_BUS_PER_V      10000 // counts of ina_sample.bus per volt: 0.1 mV each

enum {
    INA_OK = 0,
    INA_ERR_BUS = -1,    // the chip does not acknowledge
    INA_ERR_ABSENT = -2, // none of the three answers at this address
    INA_ERR_CONFIG = -3  // the chip cannot be set so
};

typedef enum { INA_219 = 219, INA_226 = 226, INA_228 = 228 } ina_kind;

typedef struct { // registers of the device at an address, most significant byte first; false: no acknowledgement
    bool (*read)(uint8_t address, uint8_t reg, uint8_t *bytes, size_t size);
    bool (*write)(uint8_t address, uint8_t reg, const uint8_t *bytes, size_t size);
} ina_bus;

typedef struct {
    ina_bus bus;
    uint8_t address;     // INA_FIRST_ADDRESS..INA_LAST_ADDRESS
    uint32_t shunt_uohm; // 1000..100000000
    uint32_t largest_ua; // to be measured: takes the smallest range that holds it. 0: the widest
    uint16_t shunt_us;   // of one conversion, 50..8244; the chip takes the nearest it has
    uint16_t bus_us;
    uint16_t average; // conversions in a sample, 1..1024; the chip takes the nearest number it has
} ina_config;

typedef struct { // fields are private but for those that say otherwise
    const ina_config *config;
    const struct ina_chip *chip;
    ina_kind kind;      // to be read: the chip that was found
    uint32_t period_us; // to be read: of a sample, typically; its oscillator is off by some per cent
    uint64_t lsb_pa;    // to be read: picoamperes of one count of its ADC
    int32_t limit;      // counts, either way, at which the range ends
} ina;

typedef struct {
    int32_t current; // INA_CURRENT_PER_UA counts to a microampere; at the ends of int32_t where it does not fit
    int32_t bus;     // INA_BUS_PER_V counts to a volt
    bool saturated;  // at an end of the range, or an overflow in the chip: the current is larger than said
} ina_sample;

typedef struct { // what the INA228 adds up by itself, no sample left out
    int64_t charge_nc;
    uint64_t energy_nj; // of the currents' sizes
} ina_totals;

int ina_begin(ina *m, const ina_config *config); // INA_OK or an error; `config` stays alive. Resets the chip
int ina_poll(ina *m, ina_sample *sample);        // 1: sample written, 0: not complete yet, or an error
bool ina_has_totals(const ina *m);
int ina_read_totals(const ina *m, ina_totals *totals); // since ina_begin; INA_ERR_ABSENT where the chip has none

#ifdef __cplusplus
}
#endif
#endif
