// SPDX-License-Identifier: Apache-2.0
// Room that ends where a page begins that nobody may touch: vector code that reads or writes past
// the end crashes, whatever it is compiled with.
//
//   GuardedBytes room(4096);
//   std::uint8_t* text = room.put(bytes);   // a copy that ends at the guard; one at a time
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "base/bytes.h"

namespace letterpress::test {

class GuardedBytes {
 public:
  explicit GuardedBytes(std::size_t room_bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    room_bytes = (room_bytes + kBefore + page - 1) / page * page;
    mapped_bytes_ = room_bytes + page;
    void* const mapped =
        mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<std::uint8_t*>(mapped);
    end_ = begin_ + room_bytes;
    if (mprotect(end_, page, PROT_NONE) != 0) throw std::bad_alloc();
  }

  ~GuardedBytes() { munmap(begin_, mapped_bytes_); }

  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  std::uint8_t* make(std::size_t size) noexcept {
    std::fill_n(end_ - size - kBefore, kBefore, kUntouched);
    return end_ - size;
  }

  std::uint8_t* put(ByteView bytes) noexcept {
    std::ranges::copy(bytes, make(bytes.size()));
    return end_ - bytes.size();
  }

  // Whether the bytes before those last made are as make() left them.
  bool untouched_before(const std::uint8_t* made) const noexcept {
    return std::count(made - kBefore, made, kUntouched) == kBefore;
  }

 private:
  static constexpr std::size_t kBefore = 64;
  static constexpr std::uint8_t kUntouched = 0xa5;

  std::uint8_t* begin_ = nullptr;
  std::uint8_t* end_ = nullptr;
  std::size_t mapped_bytes_ = 0;
};

}  // namespace letterpress::test
