// SPDX-License-Identifier: Apache-2.0
// The example of docs/STREAM.md: the reader reads it, and the writer writes it, to the byte.
#include <gtest/gtest.h>

#include "base/file.h"
#include "hashing/blake3.h"
#include "stream/block_collector.h"
#include "stream/playback.h"
#include "stream/stream_writer.h"

namespace letterpress::stream {
namespace {

// What stands in the one fenced block of that language in the document's last section but one.
std::string fenced(const std::string& document, const std::string& language) {
  const std::string open = "```" + language + "\n";
  const std::size_t section = document.find("\n## Example\n");
  const std::size_t begin = document.find(open, section) + open.size();
  EXPECT_NE(section, std::string::npos);
  return document.substr(begin, document.find("```", begin) - begin);
}

struct Document {
  Bytes stream;
  std::string text;
};

Document read_document() {
  const auto bytes = read_file(LETTERPRESS_SOURCE_DIR "/docs/STREAM.md", 1 << 20);
  EXPECT_TRUE(bytes);
  if (!bytes) return {};
  const std::string document(as_text(*bytes));
  std::string hex;
  bool is_remark = false;
  for (const char c : fenced(document, "hex")) {
    if (c == ';') is_remark = true;
    if (c == '\n') is_remark = false;
    if (!is_remark) hex += c;
  }
  return {from_hex(hex), fenced(document, "text")};
}

TEST(Document, ExampleIsRead) {
  const Document document = read_document();
  EXPECT_GT(document.stream.size(), 300U);
  const auto played = play(document.stream);
  ASSERT_TRUE(played) << played.error().message();
  ASSERT_EQ(played->entries.size(), 1U);
  const auto& [path, file] = *played->entries.begin();
  EXPECT_EQ(path, "hello.eml");
  EXPECT_EQ(file.content, document.text);
  EXPECT_EQ(file.metadata.mode, 0644U);
  EXPECT_EQ(file.metadata.mtime_ns, 1767225600000000000);
  EXPECT_EQ(played->totals, (StreamTotals{1, 19, 2, 2}));
}

TEST(Document, ExampleIsWritten) {
  const Document document = read_document();
  const ByteView mail = as_bytes(document.text);
  Bytes stream;
  StreamWriter writer({false, 0, 4096, 16384, 65536}, [&](ByteView bytes) -> Status {
    append(stream, bytes);
    return Ok{};
  });
  codecs::BlockCodec codec;
  BlockCollector collector(0);
  const ByteView header = mail.first(16);
  const ByteView text = mail.subspan(16);
  const Extent header_extent{collector.add(Kind::kHeader, true, hashing::hash(header), header), 0,
                             16};
  const Extent text_extent{collector.add(Kind::kText, true, hashing::hash(text), text), 0, 3};
  collector.close_all();
  for (RawBlock& block : collector.take_closed()) {
    ASSERT_TRUE(writer.put_block(compress_block(std::move(block), codec)));
  }
  PressedEntry entry;
  entry.entry = {"hello.eml", {EntryType::kFile, 0644, 1000, 1000, 1767225600000000000, ""}};
  entry.raw_bytes = mail.size();
  RecipeWriter recipe(entry.content);
  recipe.begin_stretch({mail.size(), digest_of(mail, nullptr)});
  recipe.add_step({mail::Transform::kIdentity, Kind::kHeader, 16, {}, {&header_extent, 1}, {}, 0});
  recipe.add_step({mail::Transform::kIdentity, Kind::kText, 3, {}, {&text_extent, 1}, {}, 0});
  ASSERT_TRUE(writer.put_entry(std::move(entry)));
  ASSERT_TRUE(writer.end_group());
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(stream, document.stream);
}

}  // namespace
}  // namespace letterpress::stream
