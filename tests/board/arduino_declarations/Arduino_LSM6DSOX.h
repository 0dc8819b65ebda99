#include "imu_library.h"
