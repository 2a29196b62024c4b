// SPDX-License-Identifier: Apache-2.0
// Hands what the pipeline gives to an embedder's Receiver, one call at a time, whatever thread a
// stage runs on, and turns exceptions into errors.
#pragma once

#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "letterpress/press.h"
#include "pipeline/press.h"
#include "stream/recipe.h"
#include "stream/sink.h"

namespace letterpress::embed {

class ReceiverSink final : public stream::Sink {
 public:
  explicit ReceiverSink(Receiver& receiver) : receiver_(receiver) {}

  // Called from the place stage, while another thread may be in the calls below.
  Status find_stored(std::span<const ChunkId> ids, std::span<std::optional<Place>> places);

  Status put_block(stream::Block&& block) override;
  Status put_borrowed(stream::Block&& block) override;
  Status put_entry(stream::PressedEntry&& entry) override;
  Status put_moved(stream::Moved&& moved) override;
  Status end_group() override;

  // Runs a call of the embedder's: alone, and with exceptions caught. After one has failed none is
  // made, and each gives that error.
  template <class Call>
  Status guarded(Call call);
  // The same for a call that has no result. What it throws is the error of the next guarded call.
  template <class Call>
  void tell(Call call);
  // The error of the first call that failed, if one did.
  Status told();

 private:
  template <class Call>
  static Status caught(Call call);
  std::vector<std::uint64_t> blocks_of(ByteView recipe);

  Receiver& receiver_;
  std::vector<stream::RecipeReader::Source> sources_;
  std::mutex mutex_;
  std::optional<Error> failure_;  // the first; guarded by mutex_
};

template <class Call>
Status ReceiverSink::guarded(Call call) {
  const std::lock_guard lock(mutex_);
  if (failure_) return failure_->copy();
  Status done = caught(call);
  if (!done) failure_ = done.error().copy();
  return done;
}

template <class Call>
Status ReceiverSink::caught(Call call) {
  try {
    return pipeline::run_alone(call);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOutOfMemory, "out of memory");
  } catch (const std::exception& exception) {
    return Error(ErrorCode::kInvalidArgument,
                 std::string("a callback threw an exception: ") + exception.what());
  } catch (...) {
    return Error(ErrorCode::kInvalidArgument, "a callback threw what is no std::exception");
  }
}

template <class Call>
void ReceiverSink::tell(Call call) {
  static_cast<void>(guarded([&]() -> Status {
    call();
    return Ok{};
  }));
}

}  // namespace letterpress::embed
