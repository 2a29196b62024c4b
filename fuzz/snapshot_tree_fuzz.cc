// SPDX-License-Identifier: Apache-2.0
// Trees: nodes of any bytes, which name each other as they like, and trees that were written from
// entries that the input makes up.
// Invariants: a walk ends, after no more nodes than the nodes' bytes allow, whatever names what;
// paths that come ascend over the whole tree, so none comes twice; a seek gives the first entry
// that is not before the path; of a tree that was written every entry comes back, from any place
// on.
#include <algorithm>
#include <map>

#include "fuzz_input.h"
#include "require.h"
#include "stream/content_ref.h"
#include "vault/tree/tree.h"

namespace {

namespace stream = letterpress::stream;
namespace vault = letterpress::vault;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Error;
using letterpress::ErrorCode;
using letterpress::Place;
using letterpress::Result;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;
using letterpress::fuzz::take;

class Nodes {
 public:
  std::vector<Bytes> all;
  std::size_t fetched = 0;

  Result<Bytes> fetch(Place place) {
    ++fetched;
    if (place.ordinal < all.size() && place.block == 0) return all[place.ordinal];
    return Error(ErrorCode::kCorrupt, "no such node");
  }
  // A record of a node above names a path, and each path leads through a level once.
  std::size_t fetches_max() const {
    std::size_t bytes = 0;
    for (const Bytes& node : all) bytes += node.size();
    return 2 * vault::kTreeDepthMax * (bytes + 1);
  }
};

struct Walked {
  std::vector<vault::EntryRecord> records;
  bool is_whole = true;
};

Walked walk(vault::TreeReader& reader, Nodes& nodes, const std::string& from) {
  Walked walked;
  walked.is_whole = succeeds(reader.seek(from));
  vault::EntryRecord record;
  const std::size_t fetches_max = nodes.fetched + nodes.fetches_max();
  while (true) {
    require(nodes.fetched <= fetches_max);
    const Result<bool> more = reader.next(record);
    if (!succeeds(more)) {
      walked.is_whole = false;
      continue;
    }
    if (!*more) return walked;
    require(letterpress::is_valid_path(record.entry.path));
    require(walked.records.empty() ||
            stream::compare_paths(walked.records.back().entry.path, record.entry.path) < 0);
    require(!walked.is_whole || stream::compare_paths(record.entry.path, from) >= 0);
    walked.records.push_back(record);
  }
}

void check_given(FuzzInput& input) {
  Nodes nodes;
  vault::TreeRoot root;
  root.depth = static_cast<unsigned>(input.up_to(vault::kTreeDepthMax - 1));
  root.place.ordinal = static_cast<std::uint32_t>(input.up_to(255));
  root.entries = input.up_to(1000);
  const std::size_t path_bytes = input.size_up_to(8);
  const std::string path(letterpress::as_text(input.take(path_bytes)));
  for (const ByteView item : letterpress::fuzz::items_of(input.rest())) {
    if (!item.empty()) nodes.all.emplace_back(item.begin(), item.end());
  }
  vault::TreeReader reader(root, [&](Place place) { return nodes.fetch(place); });
  walk(reader, nodes, "");
  walk(reader, nodes, path);
}

vault::EntryRecord made_record(FuzzInput& input, std::string path) {
  vault::EntryRecord record;
  record.entry.path = std::move(path);
  record.entry.metadata.mode = 0600;
  if (input.flag()) {
    record.entry.metadata.type = stream::EntryType::kFolder;
  } else {
    stream::ContentRef ref;
    ref.size_bytes = input.up_to(100);
    ref.recipe.assign(input.size_up_to(255), 'r');
    record.content = stream::encode_content_ref(ref);
  }
  return record;
}

// Paths that ascend: numbers in a few folders, some of them long.
std::vector<vault::EntryRecord> made_records(FuzzInput& input) {
  std::map<std::string, vault::EntryRecord,
           decltype([](const auto& a, const auto& b) { return stream::compare_paths(a, b) < 0; })>
      records;
  const auto count = input.up_to(600);
  const std::string folder(1 + input.size_up_to(200), 'f');
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string path = folder + (i % 3 == 0 ? "/" : "-") + std::to_string(i * 7919 % 1000);
    records[path] = made_record(input, path);
  }
  std::vector<vault::EntryRecord> sorted;
  for (auto& [path, record] : records) sorted.push_back(std::move(record));
  return sorted;
}

void check_written(FuzzInput& input) {
  Nodes nodes;
  vault::TreeWriter writer([&](ByteView node, unsigned) -> Result<Place> {
    nodes.all.emplace_back(node.begin(), node.end());
    return Place{0, static_cast<std::uint32_t>(nodes.all.size() - 1)};
  });
  const std::vector<vault::EntryRecord> records = made_records(input);
  for (const vault::EntryRecord& record : records) {
    take(writer.add(record));
    if (input.up_to(63) == 1) take(writer.end_leaf());
  }
  const vault::TreeRoot root = take(writer.finish());
  require(root.entries == records.size());
  require(take(vault::decode_tree_root(vault::encode_tree_root(root))) == root);
  vault::TreeReader reader(root, [&](Place place) { return nodes.fetch(place); });
  const std::size_t first = input.size_up_to(records.size());
  const bool is_at_end = first == records.size();
  const Walked walked = walk(reader, nodes, is_at_end ? "~" : records[first].entry.path);
  require(walked.is_whole && walked.records.size() == records.size() - first);
  for (std::size_t i = 0; i < walked.records.size(); ++i) {
    require(walked.records[i].entry.path == records[first + i].entry.path &&
            walked.records[i].entry.metadata == records[first + i].entry.metadata &&
            walked.records[i].content == records[first + i].content);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  if (input.up_to(7) == 7) {
    check_written(input);
  } else {
    check_given(input);
  }
  return 0;
}
