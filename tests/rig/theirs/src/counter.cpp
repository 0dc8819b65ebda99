// Counts samples, and has a model: what a firmware of somebody else looks like to the rig.
#include "board/board.h"
#include "counter_model.h"
#include "service/service.h"
#include "variant.h" // what a test makes wrong

#ifndef APP
#define APP "counter"
#endif

static nn_model model;
static service_config service;

void setup() {
    const int32_t rate = board_imu_start(100000);
    model = gesture_recognition_model;
#ifdef OTHER_MODEL
    model.hash = "0123456789abcdef";
#endif
    service.app = APP;
    service.model = &model;
    service.sensor[0] = service_imu(rate > 0 ? (uint32_t)rate : 100000);
    service.sensors = 1;
    service_init(&service);
}

void loop() {
    service_poll();
    if (service_forward_imu(0) == 0) board_sleep();
}
