// classes.h: gives other boards the sums of the classes that this one has learnt (lib/learn), of those that its network
// has, too: examples of one's own of "left" and "right" make everybody's "left" and "right" better.
#ifndef FLEET_CLASSES_H
#define FLEET_CLASSES_H

#include "fleet/session.h"
#include "learn/device.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FLEET_ROOM(classes, features) ((classes) * ((features) + 1)) // values

// The service answers LINK_FLEET from now on. `values` has room for FLEET_ROOM of the network; all stays alive. After
// learn_start.
void fleet_share_classes(service_config *service, int32_t *values, uint16_t room);

#ifdef __cplusplus
}
#endif
#endif
