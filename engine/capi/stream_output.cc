// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <new>
#include <optional>

#include "capi/arguments.h"
#include "capi/entries.h"
#include "capi/handle.h"
#include "capi/structs.h"
#include "letterpress.h"
#include "letterpress/stream.h"

using letterpress::BorrowedBlock;
using letterpress::Kind;
using letterpress::Ok;
using letterpress::PressedBlock;
using letterpress::PressedPart;
using letterpress::Status;
using letterpress::StreamOptions;
using letterpress::StreamOutput;
using letterpress::capi::Handle;
using letterpress::capi::ids_of;
using letterpress::capi::invalid_argument;
using letterpress::capi::known_part_of;
using letterpress::capi::returned;

struct letterpress_stream_output {
  Handle handle;
  letterpress_stream_output_options options = {};
  std::optional<StreamOutput> stream;
};

namespace {

Status open(const letterpress_stream_output_options* given, letterpress_stream_output& output) {
  LETTERPRESS_TRY_ASSIGN(output.options, known_part_of(given, "options"));
  if (output.options.write == nullptr) return invalid_argument("options: write is needed");
  StreamOptions options;
  options.key = letterpress::capi::key_of(output.options.key);
  options.borrows_chunks = output.options.borrows_chunks != 0;
  output.stream.emplace(
      [&output](std::span<const std::uint8_t> bytes) {
        return returned(output.options.write(output.options.user, bytes.data(), bytes.size()));
      },
      std::move(options));
  return Ok{};
}

template <class Call>
int with(letterpress_stream_output* output, Call call) noexcept {
  if (output == nullptr) return LETTERPRESS_INVALID_ARGUMENT;
  return output->handle.run([&]() -> Status {
    if (!output->stream) return invalid_argument("the handle could not be opened");
    return call(*output->stream);
  });
}

letterpress_stream_output* output_of(void* user) {
  return static_cast<letterpress_stream_output*>(user);
}

int put_block(void* user, const letterpress_block* block) {
  return with(output_of(user), [&](StreamOutput& stream) {
    PressedBlock own;
    own.number = block->number;
    own.kind = static_cast<Kind>(block->kind);
    own.ids = ids_of(block->ids, block->id_count);
    own.bytes.assign(block->bytes, block->bytes + block->byte_count);
    return stream.put_block(std::move(own));
  });
}

int put_borrowed(void* user, const letterpress_borrowed* block) {
  return with(output_of(user), [&](StreamOutput& stream) {
    BorrowedBlock own;
    own.number = block->number;
    own.kind = static_cast<Kind>(block->kind);
    own.ids = ids_of(block->ids, block->count);
    own.lengths.assign(block->lengths, block->lengths + block->count);
    return stream.put_borrowed(std::move(own));
  });
}

int put_part(void* user, const letterpress_part* part) {
  return with(output_of(user), [&](StreamOutput& stream) -> Status {
    PressedPart own;
    if (part->entry != nullptr) {
      LETTERPRESS_TRY_ASSIGN(own.entry, letterpress::capi::entry_of(part->entry));
    }
    own.raw_bytes = part->raw_bytes;
    if (part->recipe_bytes > 0) {
      own.recipe.assign(part->recipe, part->recipe + part->recipe_bytes);
    }
    own.is_first = part->is_first != 0;
    own.is_last = part->is_last != 0;
    own.is_abandoned = part->is_abandoned != 0;
    return stream.put_part(std::move(own));
  });
}

int put_moved(void* user, const char* from, const char* to) {
  return with(output_of(user), [&](StreamOutput& stream) { return stream.put_moved(from, to); });
}

int end_group(void* user) {
  return with(output_of(user), [](StreamOutput& stream) { return stream.end_group(); });
}

}  // namespace

int letterpress_stream_output_open(const letterpress_stream_output_options* options,
                                   letterpress_stream_output** output) {
  if (output == nullptr) return LETTERPRESS_INVALID_ARGUMENT;
  *output = new (std::nothrow) letterpress_stream_output;
  if (*output == nullptr) return LETTERPRESS_OUT_OF_MEMORY;
  return (*output)->handle.run([&] { return open(options, **output); });
}

int letterpress_stream_output_receiver(letterpress_stream_output* output,
                                       letterpress_receiver* receiver) {
  return with(output, [&](StreamOutput& /*stream*/) -> Status {
    LETTERPRESS_TRY_ASSIGN(const letterpress_receiver known, known_part_of(receiver, "receiver"));
    const std::size_t has_bytes = std::min(receiver->struct_size, known.struct_size);
    letterpress_receiver filled = known;
    filled.struct_size = receiver->struct_size;
    filled.user = output;
    filled.put_block = put_block;
    filled.put_part = put_part;
    filled.end_group = end_group;
    filled.put_moved = put_moved;
    filled.put_borrowed = put_borrowed;
    std::memcpy(receiver, &filled, has_bytes);
    return Ok{};
  });
}

int letterpress_stream_output_finish(letterpress_stream_output* output) {
  return with(output, [](StreamOutput& stream) { return stream.finish(); });
}

const char* letterpress_stream_output_error(const letterpress_stream_output* output) {
  return output == nullptr ? "" : output->handle.error_text();
}

void letterpress_stream_output_free(letterpress_stream_output* output) {
  if (output != nullptr && !output->handle.is_running()) delete output;
}
