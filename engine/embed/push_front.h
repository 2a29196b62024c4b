// SPDX-License-Identifier: Apache-2.0
// What an embedder pushes, on its way into a run that pauses: the order of the calls, what waits,
// and when the run goes on. Press and Backup have one each.
//
//   PushFront front(cancel);
//   PressRun run(front.source(), ...);
//   front.drive([&] { return run.burst_bytes(); }, [&] { return run.resume(); });
//   return front.attempt([&] { return front.begin_entry(std::move(entry)); });
//
//   order of calls:  drive (begin_entry write* (end_entry)? | add_descriptor | add_source)* finish
//
// Any call in another order is kInvalidArgument and changes nothing; any other error ends the run:
// each call after it gives it again. Not thread-safe.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/cancel.h"
#include "embed/push_source.h"
#include "letterpress/entry.h"

namespace letterpress::embed {

class PushFront {
 public:
  // `cancel` may be null, and outlives the front.
  explicit PushFront(const std::atomic<bool>* cancel) : cancel_(cancel) {}

  stream::Source& source() noexcept { return source_; }
  // How the run goes on: `resume` is called once at least `burst_bytes` wait, which may depend on
  // the arena of the call.
  void drive(std::function<std::size_t()> burst_bytes, std::function<Status()> resume);

  // Does a call of the embedder's. What it throws, and a cancel, end the run.
  template <class Call>
  Status attempt(Call call);
  // The run has ended, if `status` is an error.
  Status keep(Status status);

  Status begin_entry(Entry&& entry);
  Status write(ByteView bytes);
  Status end_entry(std::optional<Error> failure);
  Status add_descriptor(Entry&& entry, int descriptor);
  // All that another source gives.
  Status add_source(std::unique_ptr<stream::Source> source);
  // There is nothing more; the run is the caller's to end.
  Status finish();

  Status check_between_entries(const char* call) const;

 private:
  Status resume();
  Status resume_if_full();

  const std::atomic<bool>* const cancel_;
  PushSource source_;
  std::function<std::size_t()> burst_bytes_;
  std::function<Status()> resume_;
  std::shared_ptr<PushedContent> content_;  // of the open entry
  bool is_in_entry_ = false;
  bool has_finished_ = false;
  std::size_t waiting_bytes_ = 0;  // pushed since the last resume()
  std::optional<Error> failure_;
};

template <class Call>
Status PushFront::attempt(Call call) {
  if (failure_) return failure_->copy();
  try {
    LETTERPRESS_TRY(keep(check_cancel(cancel_)));
    return call();
  } catch (const std::bad_alloc&) {
    return keep(Error(ErrorCode::kOutOfMemory, "out of memory"));
  } catch (const std::exception& exception) {
    return keep(Error(ErrorCode::kLimitExceeded, exception.what()));
  }
}

}  // namespace letterpress::embed
