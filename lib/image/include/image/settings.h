// settings.h: what an application reads from an image beside the model, by number, as kernels.h for kernels.
//
//   const imu_config *config = (const imu_config *)image_settings(&model, IMAGE_imu_config);
#ifndef IMAGE_SETTINGS_H
#define IMAGE_SETTINGS_H

#include "anomaly/detector.h"
#include "decide/decide.h"
#include "decide/gate.h"
#include "frontend/impact.h"
#include "frontend/imu.h"
#include "frontend/logmel.h"
#include "frontend/vad.h"
#include "frontend/vibration.h"
#include "image/image.h"
#include "spotter/spotter.h"

// A row: X(id, version, type, its pointers)
// clang-format off
#define IMAGE_SETTINGS(X)                                                                                              \
    X(1, 1, decide_config, AT(decide_config, threshold))                                                               \
    X(2, 1, gate_config, 0)                                                                                            \
    X(3, 1, imu_config, 0)                                                                                             \
    X(4, 1, impact_config, 0)                                                                                          \
    X(5, 1, logmel_config,                                                                                             \
      AT(logmel_config, fft) | AT(logmel_config, hann) | AT(logmel_config, band_bins) | AT(logmel_config, rising) |    \
      AT(logmel_config, dct))                                                                                          \
    X(6, 1, vad_config, 0)                                                                                             \
    X(7, 1, spotter_config, AT(spotter_config, voice) | AT(spotter_config, gate))                                      \
    X(8, 1, vibration_config,                                                                                          \
      AT(vibration_config, fft) | AT(vibration_config, hann) | AT(vibration_config, band_edges) |                      \
      AT(vibration_config, envelope_edges) | AT(vibration_config, offset) | AT(vibration_config, multiplier))          \
    X(9, 1, anomaly_gaussians,                                                                                         \
      AT(anomaly_gaussians, mean) | AT(anomaly_gaussians, inverse) | AT(anomaly_gaussians, offset))                    \
    X(10, 1, anomaly_reconstruction, AT(anomaly_reconstruction, inverse))                                              \
    X(11, 1, anomaly_config, AT(anomaly_config, gaussians) | AT(anomaly_config, reconstruction))
// clang-format on

#define IMAGE_NUMBERED(id, version, type, pointers) IMAGE_##type = id,
enum { IMAGE_SETTINGS(IMAGE_NUMBERED) };
#undef IMAGE_NUMBERED

#endif
