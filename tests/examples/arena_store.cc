// SPDX-License-Identifier: Apache-2.0
// A backup front end in C++ that has threads of its own: letterpress runs in its oneTBB arena and
// keeps chunks one by one, as files that are named by their ids.
//
//   arena_store FOLDER PATH...    stores what lies at each PATH, and compares what comes back
#include <letterpress/press.h>
#include <letterpress/rebuild.h>
#include <letterpress/version.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace {

using letterpress::Error;
using letterpress::ErrorCode;
using letterpress::Ok;
using letterpress::Place;
using letterpress::PressedBlock;
using letterpress::PressedPart;
using letterpress::Result;
using letterpress::Status;
namespace fs = std::filesystem;

class ChunkFiles : public letterpress::Receiver {
 public:
  explicit ChunkFiles(fs::path folder) : folder_(std::move(folder)) {
    fs::create_directories(folder_);
  }

  std::map<std::string, std::vector<PressedPart>> entries;

  Status put_block(PressedBlock&& block) override {
    const fs::path path = folder_ / hex(block.ids.front());
    std::ofstream file(path, std::ios::binary);
    file.write(static_cast<const char*>(static_cast<const void*>(block.bytes.data())),
               static_cast<std::streamsize>(block.bytes.size()));
    if (!file.flush()) return Error(ErrorCode::kIo, path.string() + " could not be written");
    paths_.emplace(block.number, path);
    return Ok{};
  }

  Status put_part(PressedPart&& part) override {
    if (part.is_first) path_ = part.entry.path;
    auto& parts = entries[path_];
    parts.push_back(std::move(part));
    if (parts.back().is_abandoned) entries.erase(path_);
    return Ok{};
  }

  Status end_group() override { return Ok{}; }

  Result<std::vector<std::uint8_t>> chunk(std::uint64_t number) const {
    const auto path = paths_.find(number);
    if (path == paths_.end()) {
      return Error(ErrorCode::kNotFound, "no chunk " + std::to_string(number));
    }
    std::ifstream file(path->second, std::ios::binary);
    return std::vector<std::uint8_t>(std::istreambuf_iterator<char>(file), {});
  }

 private:
  static std::string hex(const letterpress::ChunkId& id) {
    std::string text;
    for (const unsigned byte : id.bytes) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

  const fs::path folder_;
  std::map<std::uint64_t, fs::path> paths_;  // by number
  std::string path_;                         // of the entry whose parts are coming
};

Status store(ChunkFiles& files, std::span<char*> paths, oneapi::tbb::task_arena& arena) {
  LETTERPRESS_TRY_ASSIGN(
      letterpress::Press press,
      letterpress::Press::open({.in_callers_arena = true, .single_chunks = true}, files));
  for (const char* path : paths) {
    LETTERPRESS_TRY(
        arena.execute([&] { return press.add_path(fs::canonical(path).relative_path(), path); }));
  }
  LETTERPRESS_TRY_ASSIGN(const letterpress::PressTotals totals,
                         arena.execute([&] { return press.finish(); }));
  std::printf("%llu entries, %llu bytes, %llu chunks\n",
              static_cast<unsigned long long>(totals.entries),
              static_cast<unsigned long long>(totals.raw_bytes),
              static_cast<unsigned long long>(totals.next_block_number));
  return Ok{};
}

// Compares each file with what its recipe makes.
Status compare(const ChunkFiles& files) {
  letterpress::Rebuild rebuild([&](std::uint64_t number) { return files.chunk(number); });
  for (const auto& [path, parts] : files.entries) {
    if (parts.front().entry.metadata.type != letterpress::EntryType::kFile) continue;
    std::vector<letterpress::Rebuild::Part> recipes;
    for (const PressedPart& part : parts) recipes.push_back({part.raw_bytes, part.recipe});
    std::ifstream original(fs::path("/") / path, std::ios::binary);
    LETTERPRESS_TRY(rebuild.whole(recipes, [&](std::span<const std::uint8_t> bytes) -> Status {
      std::vector<std::uint8_t> there(bytes.size());
      original.read(static_cast<char*>(static_cast<void*>(there.data())),
                    static_cast<std::streamsize>(there.size()));
      if (std::equal(bytes.begin(), bytes.end(), there.begin())) return Ok{};
      return Error(ErrorCode::kCorrupt, path + " came back as something else");
    }));
    if (original.peek() != std::ifstream::traits_type::eof()) {
      return Error(ErrorCode::kCorrupt, path + " came back shorter");
    }
  }
  return Ok{};
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: arena_store FOLDER PATH...\n");
    return 2;
  }
  ChunkFiles files(arguments[1]);
  oneapi::tbb::task_arena arena(2);
  Status status = store(files, std::span(arguments + 2, arguments + count), arena);
  if (status) status = compare(files);
  if (!status) std::fprintf(stderr, "%s\n", status.error().message().c_str());
  return status ? 0 : 1;
}
