// sleep.cpp: lib/board's Arduino sleep and sensors over a simulated core, clock and IMU: how long it sleeps, how deep,
// and whether samples and their times survive it. Built with -DDEPTH=samples that the IMU keeps.
//   sleep SECONDS RATE_HZ HOST_MS    the IMU's true rate; the host speaks every so often, 0: never
#include <Arduino.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "board/board.h"
#include "core.h"
#include "drivers.h"
#include "sleep.h"

static const uint32_t NOMINAL_MHZ = 104000, WORK_US = 300, BUS_US = 100, CYCLE = 1 << 16;
static double now_us, stopped_us, asleep_us, deep_us; // the wall's clock; what the core's missed; of it asleep
static double rate_hz, next_us;                       // of the IMU
static uint32_t waiting, taken, lost, naps, host_ms;
static double oldest_us, taken_us; // when the first that waits was taken, and the one that was read last

#ifdef ARDUINO_ARCH_STM32
static LPTIM_TypeDef lptim;
static void keep_lptim() {
    lptim.CNT.value = (uint32_t)(uint64_t)(now_us * 32768 / 1e6) % CYCLE;
    lptim.ISR = LPTIM_ISR_CMPOK;
}
#else
static void keep_lptim() {}
#endif

static void pass(double us) {
    now_us += us;
    keep_lptim();
    for (; next_us <= now_us; next_us += 1e6 / rate_hz) {
        if (waiting == DEPTH) {
            lost++;
            oldest_us += 1e6 / rate_hz;
        } else if (waiting++ == 0) {
            oldest_us = next_us;
        }
    }
}

static void sleep_for(double us) {
    naps++;
    asleep_us += us;
    pass(us);
}

core_us micros(void) {
    pass(0.5); // else a loop that waits for the clock never ends
    return (uint32_t)(now_us - stopped_us);
}
void delay(core_ms ms) {
    sleep_for(1000.0 * (double)ms);
}

#ifdef ARDUINO_ARCH_STM32
static EXTI_TypeDef exti;
LPTIM_TypeDef *const LPTIM1 = &lptim;
counter::operator uint32_t() {
    pass(0.5);
    return value;
}
EXTI_TypeDef *const EXTI = &exti;
static bool held_off;

void __WFI(void) {
    sleep_for(1000 - fmod(now_us, 1000));
}
void HAL_PWREx_EnterSTOP2Mode(uint8_t) {
    const double us = (lptim.CMP + CYCLE - lptim.CNT.value) % CYCLE * 1e6 / 32768;
    if (!held_off || !(lptim.IER & LPTIM_IER_CMPMIE)) abort();
    stopped_us += us;
    deep_us += us;
    sleep_for(us);
}
void __disable_irq(void) {
    held_off = true;
}
void __enable_irq(void) {
    held_off = false;
}
void SystemClock_Config(void) {
    pass(200);
}
void rcc_lptim1_config(uint32_t) {}
void rcc_lptim1_clk_enable() {}
void NVIC_EnableIRQ(IRQn_Type) {}
void NVIC_ClearPendingIRQ(IRQn_Type) {}
void HAL_SuspendTick(void) {}
void HAL_ResumeTick(void) {}
#endif

#ifdef ARDUINO_ARCH_ESP32
#include <esp_sleep.h>
static uint64_t wake_us;
esp_err_t esp_sleep_enable_timer_wakeup(uint64_t us) {
    wake_us = us;
    return ESP_OK;
}
esp_err_t esp_light_sleep_start(void) {
    deep_us += (double)wake_us;
    sleep_for((double)wake_us);
    return ESP_OK;
}
#endif

void digitalWrite(core_pin, core_level) {}

core_serial Serial;
int core_serial::available() {
    return 0;
}
void core_serial::flush() {}

uint32_t console_quiet_us(void) {
    return (uint32_t)(host_ms ? fmod(now_us, host_ms * 1e3) : now_us);
}
uint32_t analog_overruns(void) {
    return 0;
}
uint32_t analog_idle_us(void) {
    return UINT32_MAX;
}
void board_init(void) {
    sleep_begin();
}

static int32_t begin(uint32_t) {
    return (int32_t)NOMINAL_MHZ;
}
static bool next(float *, float *) {
    pass(BUS_US);
    if (!waiting) return false;
    waiting--;
    taken++;
    taken_us = oldest_us;
    oldest_us += 1e6 / rate_hz;
    return true;
}
const imu_driver imu_sensor = {begin, next, DEPTH};

static int32_t absent(uint32_t) {
    return BOARD_ERR_ABSENT;
}
const mic_driver mic_sensor = {absent, NULL, 0, NULL, NULL};

int main(int, char **argv) {
    const double end_us = atof(argv[1]) * 1e6;
    double worst_us = 0;
    rate_hz = atof(argv[2]);
    host_ms = (uint32_t)atoi(argv[3]);
    next_us = 1e6 / rate_hz;
    board_imu_start(NOMINAL_MHZ);
    while (now_us < end_us) {
        board_imu_sample sample;
        if (!board_imu_read(&sample, 1)) {
            board_sleep();
            continue;
        }
        worst_us = fmax(worst_us, fabs((double)sample.time_us - taken_us));
        pass(WORK_US);
    }
    printf("{\"taken\": %u, \"lost\": %u, \"overruns\": %u, \"naps\": %u, ", taken, lost, board_sensor_overruns(),
           naps);
    printf("\"asleep\": %.4f, \"deep\": %.4f, ", asleep_us / now_us, deep_us / now_us);
    printf("\"worst_us\": %.0f, \"clock_error_us\": %.0f, ", worst_us, (double)board_micros() - now_us);
    printf("\"console_ended\": %s}\n", console_ended() ? "true" : "false");
}
