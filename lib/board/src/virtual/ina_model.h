// ina_model.h: the registers of TI's INA219, INA226 and INA228 as their data sheets describe them, for a board that has
// none. Continuous conversion of shunt and bus is modelled, and power-down; alerts and triggered conversions are not.
#ifndef BOARD_INA_MODEL_H
#define BOARD_INA_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { INA_MODEL_219, INA_MODEL_226, INA_MODEL_228 } ina_model_kind;

typedef struct {
    ina_model_kind kind;
    uint16_t config, adc, calibration, flags; // as they are read
    int64_t shunt, current;                   // counts
    uint64_t bus, power;
    int64_t charge, charge_rest; // counts, and nanoseconds times counts that are not yet one
    uint64_t energy, energy_rest;
    bool started; // a conversion begins anew: its settings were written
} ina_model;

void ina_model_reset(ina_model *m, ina_model_kind kind);
void ina_model_read(ina_model *m, uint8_t reg, uint8_t *bytes, size_t size); // registers that are not there read as 0
void ina_model_write(ina_model *m, uint8_t reg, const uint8_t *bytes, size_t size);

// Nanoseconds of a conversion of the shunt and of one of the bus; the result is how many of both make a sample, 0 while
// the chip converts nothing.
uint32_t ina_model_times(const ina_model *m, uint32_t *shunt_ns, uint32_t *bus_ns);

// A sample is complete: mean voltages at its inputs, and how long it took.
void ina_model_convert(ina_model *m, int64_t shunt_nv, int64_t bus_uv, uint64_t took_ns);

#endif
