// SPDX-License-Identifier: Apache-2.0
// Reads integers and runs of bytes from a buffer, and never past its end.
//
//   ByteCursor cursor(bytes);
//   const std::uint64_t count = cursor.varint();
//   const ByteView name = cursor.take(cursor.varint());
//   if (!cursor.ok()) ...   // any read past the end, or a varint of over 64 bits, was noted
//
// After a failure every read gives zero or an empty view, so that one check at the end of a record
// is enough; loops must check ok(), or bound their count by remaining().
#pragma once

#include "base/bytes.h"
#include "base/endian.h"

namespace letterpress {

class ByteCursor {
 public:
  explicit ByteCursor(ByteView bytes) noexcept : bytes_(bytes) {}

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return at_ == bytes_.size(); }
  std::size_t offset() const noexcept { return at_; }
  std::size_t remaining() const noexcept { return bytes_.size() - at_; }

  ByteView take(std::uint64_t count) noexcept {
    if (count > remaining()) return fail();
    const ByteView taken = bytes_.subspan(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return taken;
  }

  template <std::unsigned_integral T>
  T le() noexcept {
    const ByteView bytes = take(sizeof(T));
    return bytes.empty() ? T{0} : load_le<T>(bytes.data());
  }

  std::uint64_t varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ < bytes_.size(); shift += 7) {
      const std::uint8_t byte = bytes_[at_++];
      if (shift == 63 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }

 private:
  ByteView fail() noexcept {
    ok_ = false;
    at_ = bytes_.size();
    return {};
  }

  ByteView bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace letterpress
