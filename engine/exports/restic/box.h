// SPDX-License-Identifier: Apache-2.0
// What restic seals everything with: AES-256-CTR, and Poly1305-AES over the ciphertext.
//
//   Box box(key);
//   LETTERPRESS_TRY(box.seal(plain, out));             // appends IV, ciphertext, tag
//   LETTERPRESS_TRY(box.open(sealed, out));            // replaces `out`
//
// A box is 32 bytes longer than what is in it. IVs are random; they are fetched from the system
// many at a time. One Box a thread. Errors: kCorrupt for a box that the key does not open, kIo if
// the system has no random numbers.
#pragma once

#include <array>
#include <memory>

#include "base/bytes.h"
#include "letterpress/result.h"

namespace letterpress::restic {

inline constexpr std::size_t kBoxIvBytes = 16;
inline constexpr std::size_t kBoxTagBytes = 16;
inline constexpr std::size_t kBoxExtraBytes = kBoxIvBytes + kBoxTagBytes;

// Overwritten when it is no longer needed, each copy of it.
struct BoxKey {
  std::array<std::uint8_t, 32> encrypt{};
  std::array<std::uint8_t, 16> mac_k{};
  std::array<std::uint8_t, 16> mac_r{};

  BoxKey() = default;
  BoxKey(const BoxKey&) = default;
  BoxKey& operator=(const BoxKey&) = default;
  ~BoxKey();
};

Result<BoxKey> random_box_key();

class Box {
 public:
  explicit Box(const BoxKey& key);
  ~Box();
  Box(Box&&) noexcept;

  Status seal(ByteView plain, Bytes& out);
  Status seal(ByteView plain, UnsetBytes& out);
  Status open(ByteView sealed, Bytes& out);

 private:
  struct State;
  template <class Buffer>
  Status seal_into(ByteView plain, Buffer& out);

  std::unique_ptr<State> state_;
};

}  // namespace letterpress::restic
