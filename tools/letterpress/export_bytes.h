// SPDX-License-Identifier: Apache-2.0
// The one stream of bytes that `export casync` and `export pbs` write: what a file holds, if the
// source is one file; otherwise a tar archive of all that it has.
//
//   LETTERPRESS_TRY_ASSIGN(auto bytes, ExportBytes::open(arguments, common, console));
//   export_chunks(bytes->content(), ...);
//   bytes->finish();                          // the end was read: is it what is there now?
//   return bytes->exit_code();
#pragma once

#include <memory>
#include <string>

#include "exports/store/chunk_export.h"
#include "exports/tar/tar_stream.h"
#include "tools/letterpress/export_source.h"

namespace letterpress::cli {

// How streams of bytes are cut and compressed.
struct ChunkArguments {
  std::uint32_t chunk_kib = 0;
  int level = 3;

  void add_to(CLI::App& app, std::uint32_t chunk_kib_default);
  exports::StoreOptions options(const ProgramOptions& common) const;
};

class ExportBytes {
 public:
  static Result<std::unique_ptr<ExportBytes>> open(const ExportSourceArguments& arguments,
                                                   const ProgramOptions& common, Console& console);

  stream::Content& content() noexcept { return tar_ ? *tar_ : *file_; }
  bool is_archive() const noexcept { return tar_ != nullptr; }
  // Of the file, or of the first entry.
  const std::string& first_name() const noexcept { return first_name_; }
  std::uint64_t bytes_expected() const noexcept { return source_->bytes_expected(); }

  void finish();
  std::uint64_t problems() const noexcept { return problems_; }
  ExitCode exit_code() const noexcept { return source_->exit_code(problems_); }

 private:
  // A content whose errors name the entry.
  class Named final : public stream::Content {
   public:
    Named(std::unique_ptr<stream::Content> content, std::string path)
        : content_(std::move(content)), path_(std::move(path)) {}
    Result<std::size_t> read(std::span<std::uint8_t> into) override;
    Status finish() override { return content_->finish(); }

   private:
    std::unique_ptr<stream::Content> content_;
    std::string path_;
  };

  // The source with the event again that was looked at.
  class Whole final : public stream::Source {
   public:
    Whole(stream::Source& rest, std::optional<stream::SourceEvent>&& first)
        : rest_(rest), first_(std::move(first)) {}
    Result<std::optional<stream::SourceEvent>> next() override;

   private:
    stream::Source& rest_;
    std::optional<stream::SourceEvent> first_;
  };

  explicit ExportBytes(Console& console) : console_(console) {}
  void take_problem(const stream::Problem& problem);

  Console& console_;
  std::unique_ptr<ExportSource> source_;
  std::string first_name_;
  std::unique_ptr<stream::Content> file_;
  std::unique_ptr<Whole> whole_;
  std::unique_ptr<exports::TarStream> tar_;
  std::uint64_t problems_ = 0;
};

// What both say at the end.
nlohmann::json store_json(const exports::StoreTotals& totals, const ExportBytes& bytes);
std::string store_text(const exports::StoreTotals& totals);

}  // namespace letterpress::cli
