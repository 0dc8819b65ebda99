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

// The operations of LINK_LEARN (link/messages.h) except STATUS and READ; each returns a link_status. Write says whether
// the host may overwrite `baseline`: it may not while the device learns. Written bytes take effect only after use has
// checked them. Use refuses a baseline of fewer windows than twice the features; after a refusal the old baseline stays
// in use. Keep and forget write the board's store. anomaly_restore reads the store and checks it as use does: true if
// it held a baseline of this model.
uint8_t anomaly_learn(anomaly_detector *d, uint8_t operation, uint32_t windows);
bool anomaly_restore(anomaly_detector *d);

#ifdef __cplusplus
}
#endif
#endif
