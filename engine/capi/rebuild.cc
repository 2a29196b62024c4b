// SPDX-License-Identifier: Apache-2.0
#include "letterpress/rebuild.h"

#include <memory>
#include <optional>

#include "capi/arguments.h"
#include "capi/handle.h"
#include "capi/structs.h"
#include "letterpress.h"

using letterpress::Ok;
using letterpress::Rebuild;
using letterpress::RebuildOptions;
using letterpress::Result;
using letterpress::Status;
using letterpress::capi::Handle;
using letterpress::capi::invalid_argument;
using letterpress::capi::known_part_of;
using letterpress::capi::returned;

struct letterpress_buffer {
  std::vector<std::uint8_t> bytes;
};

struct letterpress_rebuild {
  Handle handle;
  letterpress_rebuild_options options = {};
  std::optional<Rebuild> rebuild;
};

namespace {

Status open(const letterpress_rebuild_options* given, letterpress_rebuild& rebuild) {
  LETTERPRESS_TRY_ASSIGN(rebuild.options, known_part_of(given, "options"));
  const letterpress_rebuild_options& known = rebuild.options;
  if (known.get_block == nullptr) return invalid_argument("options: get_block is needed");
  RebuildOptions options;
  options.digest_key = letterpress::capi::key_of(known.digest_key);
  if (known.cache_bytes != 0) options.cache_bytes = known.cache_bytes;
  rebuild.rebuild.emplace(
      [&rebuild](std::uint64_t number) -> Result<std::vector<std::uint8_t>> {
        letterpress_buffer buffer;
        LETTERPRESS_TRY(returned(rebuild.options.get_block(rebuild.options.user, number, &buffer)));
        return std::move(buffer.bytes);
      },
      std::move(options));
  return Ok{};
}

}  // namespace

int letterpress_buffer_set(letterpress_buffer* buffer, const void* bytes, size_t byte_count) {
  if (buffer == nullptr || (bytes == nullptr && byte_count > 0)) {
    return LETTERPRESS_INVALID_ARGUMENT;
  }
  try {
    const auto* const first = static_cast<const std::uint8_t*>(bytes);
    buffer->bytes.assign(first, first + byte_count);
  } catch (const std::exception&) {
    return LETTERPRESS_OUT_OF_MEMORY;
  }
  return LETTERPRESS_OK;
}

int letterpress_buffer_set_chunks(letterpress_buffer* buffer, uint64_t number,
                                  const letterpress_chunk* chunks, size_t count) {
  if (buffer == nullptr || (chunks == nullptr && count > 0)) return LETTERPRESS_INVALID_ARGUMENT;
  try {
    std::vector<std::span<const std::uint8_t>> views;
    views.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (chunks[i].bytes == nullptr) return LETTERPRESS_INVALID_ARGUMENT;
      views.emplace_back(chunks[i].bytes, chunks[i].byte_count);
    }
    Result<std::vector<std::uint8_t>> block = letterpress::block_of_chunks(number, views);
    if (!block) return LETTERPRESS_INVALID_ARGUMENT;
    buffer->bytes = *std::move(block);
  } catch (const std::exception&) {
    return LETTERPRESS_OUT_OF_MEMORY;
  }
  return LETTERPRESS_OK;
}

int letterpress_rebuild_open(const letterpress_rebuild_options* options,
                             letterpress_rebuild** rebuild) {
  if (rebuild == nullptr) return LETTERPRESS_INVALID_ARGUMENT;
  *rebuild = new (std::nothrow) letterpress_rebuild;
  if (*rebuild == nullptr) return LETTERPRESS_OUT_OF_MEMORY;
  return (*rebuild)->handle.run([&] { return open(options, **rebuild); });
}

int letterpress_rebuild_range(letterpress_rebuild* rebuild, const letterpress_recipe* recipes,
                              size_t count, uint64_t from, uint64_t byte_count,
                              letterpress_output output, void* user) {
  if (rebuild == nullptr) return LETTERPRESS_INVALID_ARGUMENT;
  return rebuild->handle.run([&]() -> Status {
    if (!rebuild->rebuild) return invalid_argument("the handle could not be opened");
    if (output == nullptr || (recipes == nullptr && count > 0)) {
      return invalid_argument("recipes and output must not be NULL");
    }
    std::vector<Rebuild::Part> parts;
    parts.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (recipes[i].bytes == nullptr && recipes[i].byte_count > 0) {
        return invalid_argument("a recipe's bytes are NULL");
      }
      parts.push_back({recipes[i].raw_bytes, {recipes[i].bytes, recipes[i].byte_count}});
    }
    return rebuild->rebuild->range(parts, from, byte_count, [&](auto bytes) {
      return returned(output(user, bytes.data(), bytes.size()));
    });
  });
}

const char* letterpress_rebuild_error(const letterpress_rebuild* rebuild) {
  return rebuild == nullptr ? "" : rebuild->handle.error_text();
}

void letterpress_rebuild_free(letterpress_rebuild* rebuild) {
  if (rebuild != nullptr && !rebuild->handle.is_running()) delete rebuild;
}
