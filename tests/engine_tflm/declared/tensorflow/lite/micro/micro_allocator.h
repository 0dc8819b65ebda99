#ifndef TENSORFLOW_LITE_MICRO_MICRO_ALLOCATOR_H_
#define TENSORFLOW_LITE_MICRO_MICRO_ALLOCATOR_H_

#include <cstddef>
#include <cstdint>

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/compatibility.h"

namespace tflite {

enum class MemoryPlannerType { kGreedy, kLinear };

class MicroAllocator {
  public:
    static MicroAllocator *Create(uint8_t *tensor_arena, size_t arena_size,
                                  MemoryPlannerType memory_planner_type = MemoryPlannerType::kGreedy);
    virtual void *AllocatePersistentBuffer(size_t bytes);
    size_t used_bytes() const;

  protected:
    virtual ~MicroAllocator();

  private:
    TF_LITE_REMOVE_VIRTUAL_DELETE
};

} // namespace tflite
#endif
