// Read, in ARMmbed/mbed-os 6: storage/kvstore/tdbstore/include/tdbstore/TDBStore.h (141a387).
#pragma once
#include <FlashIAP.h>
#include <stddef.h>

namespace mbed {
class TDBStore {
  public:
    TDBStore(BlockDevice *bd);
    int init();
    int set(const char *key, const void *buffer, size_t size, uint32_t create_flags);
    int get(const char *key, void *buffer, size_t buffer_size, size_t *actual_size = NULL, size_t offset = 0);
    int remove(const char *key);
};
} // namespace mbed
