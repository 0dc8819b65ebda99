// The STM32 core: stm32duino/Arduino_Core_STM32 2.12.0 (ststm32@19.6.0), with CMSIS and HAL of the STM32L4.
// Read: cores/arduino/wiring_digital.h (062d1ee), wiring_analog.h (0255c9a), wiring_time.h (0916513), HardwareSerial.h
// (0916513, of release 1: release 2 adds write(buffer, size)). Not read: the variants, which name USER_BTN; CMSIS and
// HAL, whose names are those of RM0351 and UM1884; the firmware of disco_l475vg_iot01a was built with the real ones.
#ifndef CORE_STM32_H
#define CORE_STM32_H

extern "C" {
void setup(void);
void loop(void);
uint32_t micros(void);
void delay(uint32_t ms);
void pinMode(uint32_t dwPin, uint32_t dwMode);
void digitalWrite(uint32_t dwPin, uint32_t dwVal);
int digitalRead(uint32_t ulPin);
uint32_t analogRead(uint32_t ulPin);
void analogReadResolution(int res);
}

#define LOW          0x0
#define HIGH         0x1
#define INPUT        0x0
#define OUTPUT       0x1
#define INPUT_PULLUP 0x2

class HardwareSerial {
  public:
    void begin(unsigned long baud);
    void begin(unsigned long, uint8_t);
    int available(void);
    int read(void);
    int availableForWrite(void);
    void flush(void);
    size_t write(uint8_t);
    size_t write(const uint8_t *buffer, size_t size);
    operator bool();
};
extern HardwareSerial Serial, Serial1;

#define BOARD_NAME "B_L475E_IOT01A" // on the command line of the builder

// Of CMSIS, stm32l4xx.h: names that we must not take.
typedef enum { RESET = 0, SET = !RESET } FlagStatus;
typedef enum { DISABLE = 0, ENABLE = !DISABLE } FunctionalState;
typedef enum { SUCCESS = 0, ERROR = !SUCCESS } ErrorStatus;

enum { PB10 = 26, PB11 = 27, USER_BTN = 45 };
typedef struct {
    volatile uint32_t CSR;
} RCC_TypeDef;
#ifdef SIMULATED
struct counter { // takes time to be read
    uint32_t value;
    operator uint32_t();
};
#else
typedef volatile uint32_t counter;
#endif
typedef struct {
    volatile uint32_t ISR, ICR, IER, CFGR, CR, CMP, ARR;
    counter CNT;
} LPTIM_TypeDef;
typedef struct {
    volatile uint32_t IMR2;
} EXTI_TypeDef;
extern RCC_TypeDef *const RCC;
extern LPTIM_TypeDef *const LPTIM1;
extern EXTI_TypeDef *const EXTI;
enum : uint32_t {
    RCC_CSR_RMVF = 1u << 23,
    RCC_CSR_PINRSTF = 1u << 26,
    RCC_CSR_BORRSTF = 1u << 27,
    RCC_CSR_SFTRSTF = 1u << 28,
    RCC_CSR_IWDGRSTF = 1u << 29,
    RCC_CSR_WWDGRSTF = 1u << 30,
    EXTI_IMR2_IM32 = 1,
    LPTIM_CR_ENABLE = 1,
    LPTIM_CR_CNTSTRT = 4,
    LPTIM_IER_CMPMIE = 1,
    LPTIM_ICR_CMPMCF = 1,
    LPTIM_ICR_CMPOKCF = 8,
    LPTIM_ISR_CMPOK = 8,
    RCC_LPTIM1CLKSOURCE_LSE = 3u << 18,
};
// Of the HAL, stm32l4xx_hal_flash.h and _ex.h (UM1884, 21).
#define FLASH_BASE      0x08000000u
#define FLASH_SIZE      0x00100000u
#define FLASH_BANK_SIZE (FLASH_SIZE / 2)
#define FLASH_PAGE_SIZE 0x800u
typedef enum { HAL_OK = 0, HAL_ERROR, HAL_BUSY, HAL_TIMEOUT } HAL_StatusTypeDef;
typedef struct {
    uint32_t TypeErase, Banks, Page, NbPages;
} FLASH_EraseInitTypeDef;
enum : uint32_t { FLASH_TYPEERASE_PAGES = 0, FLASH_TYPEPROGRAM_DOUBLEWORD = 0, FLASH_BANK_1 = 1, FLASH_BANK_2 = 2 };
extern "C" {
HAL_StatusTypeDef HAL_FLASH_Unlock(void);
HAL_StatusTypeDef HAL_FLASH_Lock(void);
HAL_StatusTypeDef HAL_FLASH_Program(uint32_t type, uint32_t address, uint64_t data);
HAL_StatusTypeDef HAL_FLASHEx_Erase(FLASH_EraseInitTypeDef *what, uint32_t *failed);
}

enum { PWR_STOPENTRY_WFI = 1 };
typedef enum { LPTIM1_IRQn = 65 } IRQn_Type;
void rcc_lptim1_config(uint32_t);
void rcc_lptim1_clk_enable();
#define __HAL_RCC_LPTIM1_CONFIG(source) rcc_lptim1_config(source)
#define __HAL_RCC_LPTIM1_CLK_ENABLE()   rcc_lptim1_clk_enable()
extern "C" {
void NVIC_EnableIRQ(IRQn_Type);
void NVIC_ClearPendingIRQ(IRQn_Type);
void __WFI(void);
void __disable_irq(void);
void __enable_irq(void);
void HAL_SuspendTick(void);
void HAL_ResumeTick(void);
void HAL_PWREx_EnterSTOP2Mode(uint8_t);
void SystemClock_Config(void);
}

#endif
