// Read, in espressif/arduino-esp32: libraries/Preferences/src/Preferences.h (02febc9, of release 3; these are the same
// in release 2).
#pragma once
#include <stddef.h>

class Preferences {
  public:
    Preferences();
    bool begin(const char *name, bool readOnly = false, const char *partition_label = NULL);
    void end();
    bool remove(const char *key);
    size_t putBytes(const char *key, const void *value, size_t len);
    size_t getBytesLength(const char *key);
    size_t getBytes(const char *key, void *buf, size_t maxLen);
};
