// detector.h: an application's anomaly detector. It uses the firmware's model of the normal state until the device has
// learned its own. No heap; one caller at a time.
#ifndef ANOMALY_DETECTOR_H
#define ANOMALY_DETECTOR_H

#include "anomaly/baseline.h"
#include "anomaly/distance.h"
#include "nn/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { ANOMALY_MIXTURE, ANOMALY_AUTOENCODER } anomaly_method;

typedef struct {
    anomaly_method method;                        // how the firmware's own model measures the distance
    const anomaly_gaussians *gaussians;           // its mixture
    const anomaly_reconstruction *reconstruction; // of its autoencoder
    anomaly_learning learning;                    // of a baseline
    uint8_t threshold;                            // of the decision: a learnt baseline's own one is moved there
} anomaly_config;

typedef struct { // fields are private but for the baseline, which a host may read and write
    const anomaly_config *config;
    const nn_model *autoencoder;
    uint32_t model; // CRC-32 of its hash
    anomaly_baseline baseline;
    anomaly_learnt learnt;
    uint32_t wanted; // windows to be learnt; 0: not learning
    bool own;        // the learnt baseline is in use
    bool blind;      // the last window is normal as far as can be told, at a speed at which faults do not show
    uint8_t mode;    // of the learnt baseline that the last window is nearest to
    bool written;    // a host wrote into `baseline` since it was last checked
} anomaly_detector;

void anomaly_init(anomaly_detector *d, const anomaly_config *config, const nn_model *autoencoder);

// Judges the window in the autoencoder's input, and learns from it while it learns. A learnt baseline brings its own
// thresholds: its scores are moved so that a mode's threshold lies where the decision's is.
void anomaly_run(anomaly_detector *d, int8_t scores[2]);
void anomaly_skip(anomaly_detector *d); // a window that may not be judged: the machine is not steady

// Learning: begin forgets what was learnt, and `windows` calls of anomaly_run later the baseline is in use. It refuses
// fewer windows than twice the features, and more than ANOMALY_MAX_WINDOWS. Finish learns from those that there are.
bool anomaly_begin(anomaly_detector *d, uint32_t windows);
bool anomaly_finish(anomaly_detector *d); // false: not learning, or too few windows
bool anomaly_use(anomaly_detector *d);    // what is in `baseline`; false: it is none of this model, the old one stays
void anomaly_forget(anomaly_detector *d); // back to the firmware's own model

#ifdef __cplusplus
}
#endif
#endif
