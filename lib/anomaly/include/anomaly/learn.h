// learn.h: how a host lets a detector learn, over the link, and how a board keeps what it learned.
#ifndef ANOMALY_LEARN_H
#define ANOMALY_LEARN_H

#include "anomaly/detector.h"

#ifdef __cplusplus
extern "C" {
#endif

// The operations of LINK_LEARN (link/messages.h) except STATUS and READ; each returns a link_status. Write says whether
// the host may overwrite `baseline`: it may not while the device learns. Written bytes take effect only after use has
// checked them. After a refusal the old baseline stays in use. Keep and forget write the board's store.
uint8_t anomaly_learn(anomaly_detector *d, uint8_t operation, uint32_t windows);
bool anomaly_restore(anomaly_detector *d); // reads the board's store; true: it held a baseline of this model

#ifdef __cplusplus
}
#endif
#endif
