#ifndef LSM6DSL_SENSOR_H
#define LSM6DSL_SENSOR_H
#include <Wire.h>
#define LSM6DSL_ACC_GYRO_I2C_ADDRESS_LOW 0xD4
typedef enum { LSM6DSL_STATUS_OK = 0, LSM6DSL_STATUS_ERROR } LSM6DSLStatusTypeDef;
class LSM6DSLSensor {
  public:
    LSM6DSLSensor(TwoWire *i2c, uint8_t address);
    LSM6DSLStatusTypeDef begin(void);
    LSM6DSLStatusTypeDef Enable_X(void);
    LSM6DSLStatusTypeDef Enable_G(void);
    LSM6DSLStatusTypeDef Get_X_Axes(int32_t *);
    LSM6DSLStatusTypeDef Get_G_Axes(int32_t *);
    LSM6DSLStatusTypeDef Set_X_ODR(float);
    LSM6DSLStatusTypeDef Set_G_ODR(float);
    LSM6DSLStatusTypeDef Set_X_FS(float);
    LSM6DSLStatusTypeDef Set_G_FS(float);
    LSM6DSLStatusTypeDef ReadReg(uint8_t, uint8_t *);
};
#endif
