// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/export_bytes.h"

#include <fmt/core.h>

#include <utility>

#include "base/limits.h"

namespace letterpress::cli {
namespace {

// Whether no more than one entry was asked for.
bool is_one_source(const ExportSourceArguments& arguments) {
  if (arguments.is_vault()) return arguments.paths.size() == 1;
  return arguments.input.sources.size() + arguments.input.named.size() == 1;
}

std::string_view last_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

void ChunkArguments::add_to(CLI::App& app, std::uint32_t chunk_kib_default) {
  chunk_kib = chunk_kib_default;
  app.add_option("--chunk-size", chunk_kib, "Average size of chunks in KiB, a power of two")
      ->check(CLI::IsMember({4, 8, 16, 32, 64, 128, 256, 512, 1024}))
      ->capture_default_str();
  app.add_option("--level", level, "zstd level of chunks")
      ->check(CLI::Range(1, 19))
      ->capture_default_str();
}

exports::StoreOptions ChunkArguments::options(const ProgramOptions& common) const {
  exports::StoreOptions options;
  options.cuts.chunk_bytes_avg = chunk_kib * static_cast<std::uint32_t>(kKiB);
  options.level = level;
  options.threads = common.threads;
  options.cancel = cancel_flag();
  return options;
}

Result<std::size_t> ExportBytes::Named::read(std::span<std::uint8_t> into) {
  Result<std::size_t> got = content_->read(into);
  if (!got && got.error().message().find(path_) == std::string::npos) {
    return std::move(got).error().while_doing(path_);
  }
  return got;
}

Result<std::optional<stream::SourceEvent>> ExportBytes::Whole::next() {
  if (first_) return std::exchange(first_, std::nullopt);
  return rest_.next();
}

void ExportBytes::take_problem(const stream::Problem& problem) {
  if (problem.severity != stream::Problem::Severity::kNote) ++problems_;
  console_.problem(problem);
}

Result<std::unique_ptr<ExportBytes>> ExportBytes::open(const ExportSourceArguments& arguments,
                                                       const ProgramOptions& common,
                                                       Console& console) {
  std::unique_ptr<ExportBytes> bytes(new ExportBytes(console));
  LETTERPRESS_TRY_ASSIGN(bytes->source_, ExportSource::open(arguments, console));
  LETTERPRESS_TRY_ASSIGN(std::optional<stream::SourceEvent> first, bytes->source_->source().next());
  if (first) {
    if (auto* entry = std::get_if<stream::SourceEntry>(&*first)) {
      bytes->first_name_ = last_name(entry->entry.path);
      if (entry->content != nullptr && is_one_source(arguments)) {
        bytes->file_ = std::make_unique<Named>(std::move(entry->content), entry->entry.path);
        return bytes;
      }
    } else if (auto* problem = std::get_if<stream::Problem>(&*first);
               problem != nullptr && is_one_source(arguments)) {
      return Error(ErrorCode::kIo, problem->path + ": " + problem->message);
    }
  }
  bytes->whole_ = std::make_unique<Whole>(bytes->source_->source(), std::move(first));
  bytes->tar_ = std::make_unique<exports::TarStream>(
      *bytes->whole_,
      exports::TarOptions{.threads = common.threads,
                          .cancel = cancel_flag(),
                          .on_problem = [raw = bytes.get()](const stream::Problem& problem) {
                            raw->take_problem(problem);
                          }});
  return bytes;
}

void ExportBytes::finish() {
  if (file_ == nullptr) return;
  if (const Status finished = file_->finish(); !finished) {
    take_problem({stream::Problem::Severity::kFailed, first_name_, finished.error().message()});
  }
}

nlohmann::json store_json(const exports::StoreTotals& totals, const ExportBytes& bytes) {
  return {{"bytes", totals.bytes},
          {"is_archive", bytes.is_archive()},
          {"chunks", totals.chunks},
          {"new_chunks", totals.new_chunks},
          {"new_bytes", totals.new_bytes},
          {"stored_bytes", totals.stored_bytes},
          {"mended_chunks", totals.mended_chunks},
          {"problems", bytes.problems()}};
}

std::string store_text(const exports::StoreTotals& totals) {
  std::string text =
      fmt::format("  {} in {} chunks; {} in {} of them were new, {} compressed\n",
                  format_bytes(totals.bytes), totals.chunks, format_bytes(totals.new_bytes),
                  totals.new_chunks, format_bytes(totals.stored_bytes));
  if (totals.mended_chunks > 0) {
    text += fmt::format("  {} chunks were in the store, but damaged, and were written anew\n",
                        totals.mended_chunks);
  }
  return text;
}

}  // namespace letterpress::cli
