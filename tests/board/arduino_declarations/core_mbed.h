// The mbed core: arduino/ArduinoCore-mbed 4 (nordicnrf52@10.11.0, raspberrypi@1.17.0) and Seeed's fork of it, 2.9.2.
// Read, in arduino/ArduinoCore-API: api/Common.h (01443c3), api/HardwareSerial.h (2885971); in
// arduino/ArduinoCore-mbed: cores/arduino/USB/PluggableUSBSerial.h (2f9d2f0), cores/arduino/Serial.h (1af786d),
// variants/ARDUINO_NANO33BLE/pins_arduino.h (0bed256); in Seeed-Studio/ArduinoCore-mbed:
// variants/SEEED_XIAO_NRF52840_SENSE/pins_arduino.h (1ec0960) and defines.txt (1be4ff0).
// Not read: analogReadResolution, and that Serial and Serial1 are macros for _SerialUSB and _UART1_.
#ifndef CORE_MBED_H
#define CORE_MBED_H

extern "C" {
typedef enum { LOW = 0, HIGH = 1, CHANGE = 2, FALLING = 3, RISING = 4 } PinStatus;
typedef enum { INPUT = 0, OUTPUT = 1, INPUT_PULLUP = 2, INPUT_PULLDOWN = 3, OUTPUT_OPENDRAIN = 4 } PinMode;
typedef uint8_t pin_size_t;
void setup(void);
void loop(void);
unsigned long micros(void);
void delay(unsigned long);
void pinMode(pin_size_t pinNumber, PinMode pinMode);
void digitalWrite(pin_size_t pinNumber, PinStatus status);
PinStatus digitalRead(pin_size_t pinNumber);
int analogRead(pin_size_t pinNumber);
void analogReadResolution(int bits);
}

namespace arduino {
class USBSerial { // Print's availableForWrite() says 0
  public:
    void begin(unsigned long);
    void begin(unsigned long baudrate, uint16_t config);
    int available(void);
    int read(void);
    void flush(void);
    size_t write(uint8_t c);
    size_t write(const uint8_t *buf, size_t size);
    int availableForWrite(void);
    operator bool();
};

class UART {
  public:
    void begin(unsigned long);
    void begin(unsigned long baudrate, uint16_t config);
    int available(void);
    int read(void);
    void flush(void);
    size_t write(uint8_t c);
    size_t write(const uint8_t *buf, size_t size);
    int availableForWrite(void);
    operator bool();
};
} // namespace arduino
using namespace arduino;

extern arduino::USBSerial _SerialUSB;
extern arduino::UART _UART1_;
#define Serial  _SerialUSB
#define Serial1 _UART1_

// Of the variants: names that we must not take.
#define BOARD_NAME            "Nano 33 BLE"
#define BOARD_VENDORID        0x2341
#define BOARD_PRODUCTID       0x805a
#define LED_BUILTIN           (13u)
#define LED_PWR               (25u) // on a XIAO (11u), an ordinary lamp
#define PIN_LSM6DS3TR_C_POWER (14u)

#endif
