// CMSIS and HAL of the STM32L4, as far as used.
#ifndef STM32_H
#define STM32_H
#include <stdint.h>

enum { PB10 = 26, PB11 = 27 };
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
