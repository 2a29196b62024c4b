// SPDX-License-Identifier: Apache-2.0
#include "stream/sample_stream.h"

#include <gtest/gtest.h>

#include <utility>

#include "hashing/blake3.h"
#include "stream/block_collector.h"
#include "stream/playback.h"
#include "stream/recipe.h"
#include "stream/stream_writer.h"

namespace letterpress::stream {
namespace {

using mail::Transform;

// The example of docs/STREAM.md, "Base64 layout".
constexpr std::string_view kDecoded = "Many hands make light work, but only if they are many.";
constexpr std::string_view kEncoded =
    "\nTWFueSBoYW5kcyBtYWtl\nIGxpZ2h0IHdvcmssIGJ1 \ndCBvbmx5IGlm\nIHRoZXkgYXJlIG1hbnku\n";
constexpr std::string_view kLayout = "20 14 01 0a 00 a3 01 02 20 0a 30";

// A hand-operated press: recipes are made step by step, and put() gives them to the next entry.
class SampleWriter {
 public:
  explicit SampleWriter(Bytes& out)
      : writer_({false, 0, 4096, 16384, 65536}, [&out](ByteView bytes) -> Status {
          append(out, bytes);
          return Ok{};
        }) {}

  Place chunk(Kind kind, std::string_view bytes) {
    return collector_.add(kind, true, hashing::hash(as_bytes(bytes)), as_bytes(bytes));
  }

  void stretch(std::string_view raw) {
    recipe_writer_.begin_stretch({raw.size(), digest_of(as_bytes(raw), nullptr)});
  }
  // `end` and its offset are where the last extent ends.
  void step(Transform transform, Kind kind, std::size_t raw_bytes,
            const std::vector<Extent>& extents, Place end, std::uint32_t end_offset = 0,
            ByteView layout = {}) {
    recipe_writer_.add_step(
        {transform, kind, static_cast<std::uint32_t>(raw_bytes), layout, extents, end, end_offset});
  }
  // A stretch, or the rest of one, that is a chunk.
  void whole(Transform transform, Kind kind, std::string_view raw, std::string_view stored,
             ByteView layout = {}) {
    const Place place = chunk(kind, stored);
    step(transform, kind, raw.size(), {{place, 0, static_cast<std::uint32_t>(stored.size())}},
         {place.block, place.ordinal + 1}, 0, layout);
  }
  void whole_stretch(Kind kind, std::string_view raw) {
    stretch(raw);
    whole(Transform::kIdentity, kind, raw, raw);
  }

  void put(std::string_view path, EntryType type, std::string_view target = {}) {
    PressedEntry entry;
    entry.entry.metadata.target = target;
    put_part(path, type, std::move(entry));
  }
  void put_part(std::string_view path, EntryType type, PressedEntry&& entry) {
    Metadata& metadata = entry.entry.metadata;
    entry.entry.path = path;
    metadata.type = type;
    metadata.mode = type == EntryType::kFolder ? 0750 : 0640;
    metadata.user_id = 1000;
    metadata.group_id = 100;
    metadata.mtime_ns = 1767225600123456789;
    entry.content = std::exchange(recipe_, {});
    recipe_writer_.restart();
    RecipeReader reader(entry.content);
    Stretch stretch;
    RecipeReader::Step step;
    std::vector<RecipeReader::Source> sources;
    while (*reader.next_stretch(stretch)) {
      entry.raw_bytes += stretch.raw_bytes;
      while (*reader.next_step(step, sources)) continue;
    }
    entries_.emplace_back(std::move(entry));
  }
  void move(std::string from, std::string to) {
    entries_.emplace_back(Moved{std::move(from), std::move(to)});
  }

  Status end_group() {
    collector_.close_all();
    for (RawBlock& block : collector_.take_closed()) {
      LETTERPRESS_TRY(writer_.put_block(compress_block(std::move(block), codec_)));
    }
    for (auto& entry : std::exchange(entries_, {})) {
      if (auto* moved = std::get_if<Moved>(&entry)) {
        LETTERPRESS_TRY(writer_.put_moved(std::move(*moved)));
      } else {
        LETTERPRESS_TRY(writer_.put_entry(std::move(std::get<PressedEntry>(entry))));
      }
    }
    return writer_.end_group();
  }
  Status finish() { return writer_.finish(); }

 private:
  StreamWriter writer_;
  BlockCollector collector_{0};
  codecs::BlockCodec codec_;
  Bytes recipe_;
  RecipeWriter recipe_writer_{recipe_};
  std::vector<std::variant<PressedEntry, Moved>> entries_;
};

// Mails: a joined chunk of headers that two recipes share, crlf and base64.
void put_mails(SampleWriter& out, std::map<std::string, std::string>& files) {
  const std::string first_header = "From: a\n\n";
  const std::string second_header = "From: b\nTo: a\n\n";
  const Place headers = out.chunk(Kind::kHeader, first_header + second_header);
  const Place behind{headers.block, headers.ordinal + 1};

  const std::string first = first_header + "one\r\ntwo\r\n";
  out.stretch(first);
  out.step(Transform::kIdentity, Kind::kHeader, 9, {{headers, 0, 9}}, headers, 9);
  out.whole(Transform::kCrlf, Kind::kText, "one\r\ntwo\r\n", "one\ntwo\n");
  out.put("box/1", EntryType::kFile);
  files["box/3"] = first;

  const std::string second = second_header + std::string(kEncoded);
  out.stretch(second);
  out.step(Transform::kIdentity, Kind::kHeader, 15, {{headers, 9, 15}}, behind);
  out.whole(Transform::kBase64, Kind::kAttachment, kEncoded, kDecoded, from_hex(kLayout));
  out.put("box/2", EntryType::kFile);
  files["box/2"] = second;
  out.move("box/1", "box/3");
}

// Chunks a to d lie in one block; the file is bcd dab a, in two parts.
void put_parts(SampleWriter& out, std::map<std::string, std::string>& files) {
  const std::string texts[] = {"aaaa", "bbb", "cc", "d"};
  Place places[4];
  for (std::size_t i = 0; i < 4; ++i) places[i] = out.chunk(Kind::kPlain, texts[i]);
  const auto behind = [&](std::size_t i) { return Place{places[i].block, places[i].ordinal + 1}; };

  PressedEntry part;
  part.is_last = false;
  out.stretch("bbbccddaaaabbb");
  out.step(Transform::kIdentity, Kind::kPlain, 5, {{places[1], 0, 5}}, behind(2));
  out.step(Transform::kIdentity, Kind::kPlain, 9,
           {{places[3], 0, 1}, {places[3], 0, 1}, {places[0], 0, 7}}, behind(1));
  out.put_part("parts", EntryType::kFile, std::move(part));
  EXPECT_TRUE(out.end_group());
  part = {};
  part.is_first = false;
  out.stretch("aa");
  out.step(Transform::kIdentity, Kind::kPlain, 2, {{places[0], 2, 2}}, behind(0));
  out.put_part("parts", EntryType::kFile, std::move(part));
  files["parts"] = "bbbccddaaaabbbaa";
}

}  // namespace

SampleStream make_sample_stream(std::size_t filler_bytes) {
  SampleStream sample;
  SampleWriter out(sample.bytes);
  out.put("box", EntryType::kFolder);
  put_mails(out, sample.files);
  out.put("empty", EntryType::kFile);
  sample.files["empty"] = "";
  put_parts(out, sample.files);
  out.put("symlink", EntryType::kSymlink, "box/3");
  out.put("link", EntryType::kHardLink, "box/3");
  out.whole_stretch(Kind::kPlain, "half of it");
  PressedEntry abandoned;
  abandoned.is_abandoned = true;
  out.put_part("unreadable", EntryType::kFile, std::move(abandoned));
  while (sample.files["filler"].size() < filler_bytes) {
    const std::string line(std::min<std::size_t>(filler_bytes, 5000), 'x');
    out.whole_stretch(Kind::kText, line);
    sample.files["filler"] += line;
  }
  out.put("filler", EntryType::kFile);
  EXPECT_TRUE(out.end_group());
  EXPECT_TRUE(out.finish());
  return sample;
}

}  // namespace letterpress::stream
