// Monocypher, unless lib/update has brought it: what is not called is not linked.
#if !defined FIELD_UPDATES || !FIELD_UPDATES
#define BLAKE2_NO_UNROLLING // 13 kB less on a Cortex-M4
#include "monocypher.c"
#endif
