// Sends every sensor of the board to tools/collect.py, which records them. The firmware computes nothing and never
// waits for the host: it drops whole frames that the host does not take in time, and session info says how many.
#include "board/board.h"
#include "service/service.h"

#ifndef CAPTURE_IMU_RATE_MHZ
#define CAPTURE_IMU_RATE_MHZ 400000 // asked for; the sensor takes the nearest rate it has. 0: leave it off
#endif
#ifndef CAPTURE_MIC_RATE_MHZ
#define CAPTURE_MIC_RATE_MHZ 16000000
#endif
#ifndef CAPTURE_ACCEL_RATE_MHZ
#define CAPTURE_ACCEL_RATE_MHZ 1600000
#endif
#ifndef CAPTURE_ANALOG_RATE_MHZ
#define CAPTURE_ANALOG_RATE_MHZ 100000
#endif

struct sensor {
    uint32_t rate_mhz;
    int32_t (*start)(uint32_t rate_mhz);
    service_stream (*stream)(uint32_t rate_mhz);
    size_t (*forward)(uint8_t stream);
};

static const sensor sensors[] = {
    {CAPTURE_IMU_RATE_MHZ, board_imu_start, service_imu, service_forward_imu},
    {CAPTURE_MIC_RATE_MHZ, board_mic_start, service_mic, service_forward_mic},
    {CAPTURE_ACCEL_RATE_MHZ, board_accel_start, service_accel, service_forward_accel},
    {CAPTURE_ANALOG_RATE_MHZ, board_analog_start, service_analog, service_forward_analog},
};
enum { SENSORS = sizeof sensors / sizeof sensors[0] };
static_assert(SENSORS <= SERVICE_MAX_SENSORS, "build with -D SERVICE_MAX_SENSORS, as app.ini does");

static const sensor *started[SENSORS]; // by stream
static service_config service;

void setup() {
    service.app = "sensor_capture";
    for (const sensor &each : sensors) {
        const int32_t rate = each.rate_mhz ? each.start(each.rate_mhz) : (int32_t)BOARD_ERR_ABSENT;
        if (each.rate_mhz && !service.fault) service.fault = service_sensor_fault(rate, 0, UINT32_MAX);
        if (rate <= 0) continue;
        started[service.sensors] = &each;
        service.sensor[service.sensors++] = each.stream((uint32_t)rate);
    }
    service_init(&service);
}

void loop() {
    size_t rows = 0;
    service_poll();
    for (uint8_t stream = 0; stream < service.sensors; stream++) rows += started[stream]->forward(stream);
    if (rows == 0) service_sleep();
}
