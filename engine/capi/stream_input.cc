// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <new>
#include <optional>
#include <string>

#include "capi/arguments.h"
#include "capi/callback_receiver.h"
#include "capi/handle.h"
#include "capi/structs.h"
#include "letterpress.h"
#include "letterpress/stream.h"

using letterpress::Error;
using letterpress::ErrorCode;
using letterpress::Ok;
using letterpress::Result;
using letterpress::Status;
using letterpress::StreamInput;
using letterpress::StreamOptions;
using letterpress::StreamPosition;
using letterpress::capi::CallbackReceiver;
using letterpress::capi::Handle;
using letterpress::capi::invalid_argument;
using letterpress::capi::known_part_of;
using letterpress::capi::returned;

struct letterpress_stream_input {
  Handle handle;
  letterpress_stream_input_options options = {};
  std::optional<StreamInput> stream;
};

namespace {

Result<std::size_t> read_some(letterpress_stream_input& input, std::span<std::uint8_t> into) {
  std::size_t got = 0;
  LETTERPRESS_TRY(returned(input.options.read(input.options.user, into.data(), into.size(), &got)));
  return got;
}

Status open(const letterpress_stream_input_options* given, letterpress_stream_input& input) {
  LETTERPRESS_TRY_ASSIGN(input.options, known_part_of(given, "options"));
  if (input.options.read == nullptr) return invalid_argument("options: read is needed");
  StreamOptions options;
  options.key = letterpress::capi::key_of(input.options.key);
  input.stream.emplace([&input](std::span<std::uint8_t> into) { return read_some(input, into); },
                       std::move(options));
  return Ok{};
}

letterpress_stream_position position_of(const StreamPosition& position, std::size_t bytes) {
  letterpress_stream_position out = {};
  out.struct_size = bytes;
  out.bytes = position.bytes;
  out.group_bytes = position.group_bytes;
  out.groups = position.groups;
  out.entries = position.entries;
  out.raw_bytes = position.raw_bytes;
  out.is_complete = position.is_complete ? 1 : 0;
  out.error_name = position.error_name.empty() ? nullptr : position.error_name.data();
  out.error_offset = position.error_offset;
  return out;
}

Status read_to(letterpress_stream_input& input, const letterpress_receiver* receiver,
               letterpress_stream_position* position) {
  if (!input.stream) return invalid_argument("the handle could not be opened");
  LETTERPRESS_TRY_ASSIGN(const letterpress_receiver callbacks,
                         letterpress::capi::receiver_of(receiver));
  std::size_t wanted_bytes = 0;
  if (position != nullptr) {
    LETTERPRESS_TRY_ASSIGN(const letterpress_stream_position known,
                           known_part_of(position, "position"));
    wanted_bytes = std::min(position->struct_size, known.struct_size);
  }
  CallbackReceiver own(callbacks);
  Status done = input.stream->read_to(own);
  if (position != nullptr) {
    const letterpress_stream_position out = position_of(input.stream->position(), wanted_bytes);
    std::memcpy(position, &out, wanted_bytes);
  }
  return done;
}

}  // namespace

int letterpress_stream_input_open(const letterpress_stream_input_options* options,
                                  letterpress_stream_input** input) {
  if (input == nullptr) return LETTERPRESS_INVALID_ARGUMENT;
  *input = new (std::nothrow) letterpress_stream_input;
  if (*input == nullptr) return LETTERPRESS_OUT_OF_MEMORY;
  return (*input)->handle.run([&] { return open(options, **input); });
}

int letterpress_stream_input_read(letterpress_stream_input* input,
                                  const letterpress_receiver* receiver,
                                  letterpress_stream_position* position) {
  if (input == nullptr) return LETTERPRESS_INVALID_ARGUMENT;
  return input->handle.run([&] { return read_to(*input, receiver, position); });
}

const char* letterpress_stream_input_error(const letterpress_stream_input* input) {
  return input == nullptr ? "" : input->handle.error_text();
}

void letterpress_stream_input_free(letterpress_stream_input* input) {
  if (input != nullptr && !input->handle.is_running()) delete input;
}
