// SPDX-License-Identifier: Apache-2.0
// An embedder's store in memory, written against the public headers only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "letterpress/press.h"
#include "letterpress/rebuild.h"

namespace letterpress::embed {

class MapStore : public Receiver {
 public:
  std::vector<std::string> calls;  // each with all that it was given
  std::map<ChunkId, Place> places;
  std::map<std::uint64_t, std::vector<std::uint8_t>> blocks;
  std::map<std::string, std::vector<PressedPart>> entries;
  std::size_t asked = 0;
  // Called first, in every call.
  std::function<Status()> on_call = [] { return Ok{}; };

  Status find_stored(std::span<const ChunkId> ids, std::span<std::optional<Place>> found) override {
    LETTERPRESS_TRY(on_call());
    asked += ids.size();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (const auto at = places.find(ids[i]); at != places.end()) found[i] = at->second;
    }
    return Ok{};
  }

  Status put_block(PressedBlock&& block) override {
    LETTERPRESS_TRY(on_call());
    calls.push_back("block " + std::to_string(block.number) + ' ' +
                    std::string(kind_name(block.kind)) + ' ' +
                    std::string(block.bytes.begin(), block.bytes.end()));
    for (std::uint32_t i = 0; i < block.ids.size(); ++i) {
      new_places_.emplace(block.ids[i], Place{block.number, i});
    }
    blocks.emplace(block.number, std::move(block.bytes));
    return Ok{};
  }

  Status put_part(PressedPart&& part) override {
    LETTERPRESS_TRY(on_call());
    if (part.is_first) open_path_ = part.entry.path;
    calls.push_back("part " + open_path_ + ' ' +
                    std::string(part.recipe.begin(), part.recipe.end()));
    entries[open_path_].push_back(std::move(part));
    if (entries[open_path_].back().is_abandoned) entries.erase(open_path_);
    return Ok{};
  }

  Status end_group() override {
    LETTERPRESS_TRY(on_call());
    calls.emplace_back("group");
    places.merge(new_places_);
    return Ok{};
  }

  Rebuild rebuild(RebuildOptions options = {}) {
    return Rebuild(
        [this](std::uint64_t number) -> Result<std::vector<std::uint8_t>> {
          const auto at = blocks.find(number);
          if (at != blocks.end()) return at->second;
          return Error(ErrorCode::kNotFound, "no block " + std::to_string(number));
        },
        std::move(options));
  }

  std::vector<Rebuild::Part> parts(const std::string& path) const {
    std::vector<Rebuild::Part> parts;
    for (const PressedPart& part : entries.at(path)) parts.push_back({part.raw_bytes, part.recipe});
    return parts;
  }

 private:
  std::map<ChunkId, Place> new_places_;
  std::string open_path_;
};

// All bytes that come, as text.
inline Rebuild::Output into(std::string& text) {
  return [&text](std::span<const std::uint8_t> bytes) {
    text.append(bytes.begin(), bytes.end());
    return Ok{};
  };
}

}  // namespace letterpress::embed
