// SPDX-License-Identifier: Apache-2.0
// A source of one entry whose content the caller has at hand: standard input, a buffer.
//
//   stream::Entry entry{"stdin", {.mode = 0644, .mtime_ns = now_ns}};
//   files::SingleSource source(entry, std::make_unique<files::DescriptorContent>(File(0,
//   "stdin")));
//
// Not thread-safe.
#pragma once

#include <memory>
#include <optional>

#include "base/file.h"
#include "stream/source.h"

namespace letterpress::files {

// Whatever a descriptor gives until it ends: a pipe, a terminal, a file. finish() always succeeds.
class DescriptorContent final : public stream::Content {
 public:
  explicit DescriptorContent(File file) : file_(std::move(file)) {}
  Result<std::size_t> read(std::span<std::uint8_t> into) override { return file_.read(into); }
  Status finish() override { return Ok{}; }

 private:
  File file_;
};

class SingleSource final : public stream::Source {
 public:
  SingleSource(stream::Entry entry, std::unique_ptr<stream::Content> content);
  Result<std::optional<stream::SourceEvent>> next() override;

 private:
  std::optional<stream::SourceEvent> event_;
};

}  // namespace letterpress::files
