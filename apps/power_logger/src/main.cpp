// Sends every sample of a current monitor (INA219, INA226 or INA228) to tools/power.py --meter ina, which measures the
// current of another board. A pin reads the other board's mark. The logger measures only while a host listens.
#include "board/board.h"
#include "ina/ina.h"
#include "ina/pace.h"
#include "service/service.h"

#ifndef LOGGER_SHUNT_UOHM
#define LOGGER_SHUNT_UOHM 100000 // of the shunt, in microohms
#endif
#ifndef LOGGER_LARGEST_UA
#define LOGGER_LARGEST_UA 400000 // to be measured; the smallest range that holds it is the finest
#endif
#ifndef LOGGER_ADDRESS
#define LOGGER_ADDRESS 0 // of the monitor on I2C; 0: the first that answers
#endif
#ifndef LOGGER_SHUNT_US
#define LOGGER_SHUNT_US 540 // of a conversion of the shunt
#endif
#ifndef LOGGER_BUS_US
#define LOGGER_BUS_US 280 // and of the bus, during which nobody sees the shunt
#endif
#ifndef LOGGER_AVERAGE
#define LOGGER_AVERAGE 1 // conversions in a sample
#endif
#define I2C_HZ    400000
#define TOTALS_US 1000000

enum { POWER, TOTALS };
static const char *const current[] = {"current"}, *const bus[] = {"bus"}, *const levels[] = {"mark", "clipped"};
static const char *const charge[] = {"charge"}, *const energy[] = {"energy"};
static const service_channels power_groups[] = {
    {current, 1, "uA", INA_CURRENT_PER_UA}, {bus, 1, "V", INA_BUS_PER_V}, {levels, 2, "", 1}};
static const service_channels totals_groups[] = {{charge, 1, "mC", 1000}, {energy, 1, "mJ", 100}}; // wrap at 2^32

static ina_config settings;
static ina monitor;
static ina_pace pace;
static service_config service;
static uint32_t totals_us; // when they were sent
static bool marked;        // at some time since this sample began

static bool find_monitor() {
    const uint8_t first = LOGGER_ADDRESS ? LOGGER_ADDRESS : INA_FIRST_ADDRESS;
    const uint8_t last = LOGGER_ADDRESS ? LOGGER_ADDRESS : INA_LAST_ADDRESS;
    for (settings.address = first; settings.address <= last; settings.address++)
        if (ina_begin(&monitor, &settings) == INA_OK) return true;
    return false;
}

static const char *name() {
    return monitor.kind == INA_228 ? "ina228" : monitor.kind == INA_226 ? "ina226" : "ina219";
}

static void add_stream(const char *name, uint32_t rate_mhz, const service_channels *groups, uint8_t count) {
    const service_stream stream = {name, rate_mhz, groups, count, SERVICE_INT32};
    service.sensor[service.sensors++] = stream;
}

void setup() {
    settings.bus.read = board_i2c_read;
    settings.bus.write = board_i2c_write;
    settings.shunt_uohm = LOGGER_SHUNT_UOHM;
    settings.largest_ua = LOGGER_LARGEST_UA;
    settings.shunt_us = LOGGER_SHUNT_US;
    settings.bus_us = LOGGER_BUS_US;
    settings.average = LOGGER_AVERAGE;
    service.app = "power_logger";
    if (board_i2c_start(I2C_HZ) == BOARD_OK && find_monitor()) {
        add_stream(name(), 1000000000u / monitor.period_us, power_groups, 3);
        if (ina_has_totals(&monitor)) add_stream("totals", 1000, totals_groups, 2);
    } else {
        service.fault = "no INA219, INA226 or INA228 answers on I2C";
    }
    service_init(&service);
}

static void send_totals(uint32_t now) {
    ina_totals totals;
    if (service.sensors <= TOTALS || now - totals_us < TOTALS_US) return;
    totals_us = now;
    if (ina_read_totals(&monitor, &totals) != INA_OK) return;
    const int32_t row[] = {(int32_t)(uint32_t)(totals.charge_nc / 1000), (int32_t)(uint32_t)(totals.energy_nj / 10000)};
    service_samples32(TOTALS, row, 1, now);
}

void loop() {
    ina_sample sample;
    service_poll();
    if (!service.sensors || !service_stream_is_on(POWER)) {
        ina_pace_start(&pace, monitor.period_us);
        service_sleep();
        return;
    }
    const uint32_t now = board_micros();
    const bool before = board_mark_read();
    marked |= before;
    if (ina_poll(&monitor, &sample) != 1) return;
    const int32_t row[] = {sample.current, sample.bus, marked || board_mark_read(), sample.saturated};
    marked = before; // the next sample began meanwhile
    service_lost(POWER, ina_pace_missed(&pace, now));
    service_samples32(POWER, row, 1, now);
    send_totals(now);
}
