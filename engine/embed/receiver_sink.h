// SPDX-License-Identifier: Apache-2.0
// Hands what the pipeline gives to an embedder's Receiver, one call at a time, whatever thread a
// stage runs on, and turns exceptions into errors.
#pragma once

#include <mutex>

#include "letterpress/press.h"
#include "stream/sink.h"

namespace letterpress::embed {

class ReceiverSink final : public stream::Sink {
 public:
  explicit ReceiverSink(Receiver& receiver) : receiver_(receiver) {}

  // Called from the place stage, while another thread may be in the calls below.
  Status find_stored(std::span<const ChunkId> ids, std::span<std::optional<Place>> places);

  Status put_block(stream::Block&& block) override;
  Status put_entry(stream::PressedEntry&& entry) override;
  Status put_moved(stream::Moved&& moved) override;
  Status end_group() override;

  // Runs a call of the embedder's: alone, and with exceptions caught.
  template <class Call>
  Status guarded(Call call);

 private:
  Receiver& receiver_;
  std::mutex mutex_;
};

template <class Call>
Status ReceiverSink::guarded(Call call) {
  const std::lock_guard lock(mutex_);
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOutOfMemory, "out of memory");
  } catch (const std::exception& exception) {
    return Error(ErrorCode::kInvalidArgument,
                 std::string("a callback threw an exception: ") + exception.what());
  }
}

}  // namespace letterpress::embed
