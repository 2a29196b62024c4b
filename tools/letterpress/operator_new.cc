// SPDX-License-Identifier: Apache-2.0
// Where the program's large buffers come from: whole pages of their own, huge ones if the system
// has them, and back to the system when they are freed. A new small page costs microseconds and
// there are 512 of them in a huge one; freed buffers between others are what makes a process large.
//
// In the program only: a library leaves its user's memory alone. Not in a sanitized build, whose
// allocator has to see which form of new and delete was meant.
#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "tools/letterpress/memory.h"

namespace letterpress::cli {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

void* allocate(std::size_t bytes) noexcept {
  if (bytes < std::size_t{kLargeBufferBytes}) return std::malloc(bytes == 0 ? 1 : bytes);
  void* memory = nullptr;
  if (::posix_memalign(&memory, kHugePageBytes, bytes) != 0) return nullptr;
  // Only advice: without huge pages, these are small ones.
  ::madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

}  // namespace
}  // namespace letterpress::cli

void* operator new(std::size_t bytes) {
  while (true) {
    if (void* const memory = letterpress::cli::allocate(bytes)) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
