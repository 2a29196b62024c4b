// SPDX-License-Identifier: Apache-2.0
// Says in C++'s own terms that one thread is done with something before the next one begins.
//
//   const Turn turn(batch->hand_over);   // for as long as this thread works on the batch
//
// oneTBB's pipeline hands batches and serial stages from thread to thread correctly, but with
// synchronisation inside a library that ThreadSanitizer does not see. With this it sees the
// hand-over too, so that its tests need no suppressions, which would hide real races. Costs two
// atomic operations a batch and stage.
#pragma once

#include <atomic>

namespace letterpress::pipeline {

class HandOver {
 public:
  void take() const noexcept { static_cast<void>(turns_.load(std::memory_order_acquire)); }
  void give() noexcept { turns_.fetch_add(1, std::memory_order_release); }

 private:
  std::atomic<unsigned> turns_ = 0;
};

class Turn {
 public:
  explicit Turn(HandOver& hand_over) noexcept : hand_over_(hand_over) { hand_over_.take(); }
  ~Turn() { hand_over_.give(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  HandOver& hand_over_;
};

}  // namespace letterpress::pipeline
