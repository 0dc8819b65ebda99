// Preferences of the ESP32 Arduino core, as its documentation gives it.
#pragma once
#include <stddef.h>

class Preferences {
  public:
    bool begin(const char *name, bool readOnly = false, const char *partition_label = NULL);
    void end();
    bool remove(const char *key);
    size_t putBytes(const char *key, const void *value, size_t len);
    size_t getBytesLength(const char *key);
    size_t getBytes(const char *key, void *buf, size_t maxLen);
};
