// SPDX-License-Identifier: Apache-2.0
#include "made_frames.h"
#include "made_source.h"
#include "pipeline/press.h"
#include "seed_folder.h"
#include "seed_mails.h"
#include "stream/stream_reader.h"
#include "stream/stream_writer.h"

namespace letterpress::fuzz {
namespace {

std::vector<MadeEntry> seed_entries() {
  std::vector<MadeEntry> entries;
  const auto add = [&](const std::string& path, const std::string& content) {
    MadeEntry made;
    made.entry.path = path;
    made.entry.metadata.mode = 0640;
    append(made.bytes, as_bytes(content));
    entries.push_back(std::move(made));
  };
  for (const std::string& mail : seed_mails()) add("a" + std::to_string(entries.size()), mail);
  add("box", seed_mailbox());
  add("crlf", with_crlf(seed_mails()[2]));
  add("tar", seed_archive());
  MadeEntry link;
  link.entry.path = "zlink";
  link.entry.metadata = {.type = EntryType::kSymlink, .target = "a0"};
  entries.push_back(std::move(link));
  return entries;
}

Bytes pressed(const pipeline::PressOptions& options) {
  const std::vector<MadeEntry> entries = seed_entries();
  MadeSource source(entries);
  index::ChunkIndex index;
  Bytes stream;
  stream::StreamWriter writer({false, 0, 4096, 16384, 65536}, [&](ByteView bytes) -> Status {
    append(stream, bytes);
    return Ok{};
  });
  take(pipeline::press(source, index, options, writer));
  take(writer.finish());
  return stream;
}

void add_parts(SeedFolder& seeds, ByteView rest) {
  stream::StreamReader reader([&](std::span<std::uint8_t> into) -> Result<std::size_t> {
    const std::size_t count = std::min(into.size(), rest.size());
    std::copy_n(rest.begin(), count, into.begin());
    rest = rest.subspan(count);
    return count;
  });
  take(reader.read_header());
  while (true) {
    const stream::StreamEvent event = take(reader.next());
    if (std::holds_alternative<stream::StreamEnd>(event)) return;
    if (const auto* block = std::get_if<stream::EncodedBlock>(&event)) {
      seeds.add("block_decode", SeedInput(block->bytes).number(0, 255));
    } else if (const auto* record = std::get_if<stream::EntryRecord>(&event)) {
      if (!record->recipe.empty()) {
        seeds.add("recipe", SeedInput(record->recipe).number(0, 255));
      }
    }
  }
}

}  // namespace

void add_stream_seeds(SeedFolder& seeds) {
  pipeline::PressOptions options;
  options.threads = 1;
  for (const std::size_t block_chunks_max : {kBlockChunksMax, std::size_t{1}}) {
    options.block_chunks_max = block_chunks_max;
    const Bytes stream = pressed(options);
    seeds.add("stream_reader", SeedInput(stream).number(15, 15));
    seeds.add("stream_reader", SeedInput(frames_of(stream)).number(0, 15));
    seeds.add("unpress", SeedInput(frames_of(stream)));
    add_parts(seeds, stream);
  }
}

}  // namespace letterpress::fuzz
