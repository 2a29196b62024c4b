// SPDX-License-Identifier: Apache-2.0
#include "exports/tar/tar_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "mail/tar_archive.h"
#include "pipeline/memory_source.h"

namespace letterpress::exports {
namespace {

using pipeline::Given;
using pipeline::MemorySource;
using stream::EntryType;
using stream::Problem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A member as its header has it: name, type and content.
struct Member {
  std::string name;
  char type = 0;
  std::string target;
  std::string content;
};

std::vector<Member> members_of(const std::string& archive) {
  std::vector<Member> members;
  std::size_t at = 0;
  while (at + 512 <= archive.size() && archive[at] != '\0') {
    const std::string block = archive.substr(at, 512);
    const std::size_t size = std::stoul(block.substr(124, 11), nullptr, 8);
    if (block[156] != 'x') {
      members.push_back({block.substr(0, 100).c_str(), block[156], block.substr(157, 100).c_str(),
                         archive.substr(at + 512, size)});
    }
    at += 512 + (size + 511) / 512 * 512;
  }
  EXPECT_EQ(archive.substr(at), std::string(archive.size() - at, '\0'));
  EXPECT_GE(archive.size() - at, 1024U);
  EXPECT_EQ(archive.size() % 10240, 0U);
  return members;
}

std::vector<std::string> names_of(const std::vector<Member>& members) {
  std::vector<std::string> names;
  for (const Member& member : members) names.push_back(member.name);
  return names;
}

// An archive, with what was said of it.
struct Made {
  std::string bytes;
  std::vector<std::string> problems;
  TarTotals totals;
};

Result<Made> make(stream::Source& source, std::size_t piece, unsigned threads = 1) {
  Made made;
  TarStream tar(source, {.threads = threads, .on_problem = [&](const Problem& problem) {
                           made.problems.push_back(problem.path + ": " + problem.message);
                         }});
  Bytes buffer(piece);
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const std::size_t got, tar.read(buffer));
    made.bytes += as_text(ByteView(buffer).first(got));
    if (got < piece) break;
  }
  made.totals = tar.totals();
  EXPECT_EQ(made.totals.archive_bytes, made.bytes.size());
  return made;
}

Made make(const std::vector<Given>& events, std::size_t piece = 4096) {
  MemorySource source(events);
  Result<Made> made = make(source, piece);
  EXPECT_TRUE(made);
  return *std::move(made);
}

Given sized(Given given, std::size_t size) {
  given.size_hint = size;
  return given;
}

// Entries as they are, with contents that stand alone.
class ListSource final : public stream::Source {
 public:
  struct Content final : stream::Content {
    explicit Content(std::string text) : bytes(std::move(text)) {}
    bool stands_alone() const override { return true; }
    Result<std::size_t> read(std::span<std::uint8_t> into) override {
      if (bytes == "damaged") return Error(ErrorCode::kCorrupt, "is damaged");
      const std::size_t count = std::min(into.size(), bytes.size() - at);
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, into.begin());
      at += count;
      return count;
    }
    Status finish() override { return Ok{}; }
    std::string bytes;
    std::size_t at = 0;
  };

  void add(EntryType type, std::string path, std::string text = {}) {
    stream::SourceEntry entry;
    entry.entry.path = std::move(path);
    entry.entry.metadata.type = type;
    if (type == EntryType::kFile) {
      entry.size_hint_bytes = text.size();
      entry.content = std::make_unique<Content>(std::move(text));
    } else {
      entry.entry.metadata.target = std::move(text);
    }
    events.emplace_back(std::move(entry));
  }
  Result<std::optional<stream::SourceEvent>> next() override {
    if (at == events.size()) return std::optional<stream::SourceEvent>();
    return std::optional(std::move(events[at++]));
  }
  std::vector<stream::SourceEvent> events;
  std::size_t at = 0;
};

TEST(TarStream, HasEveryEntryInOrder) {
  const std::string large(3 * kMiB + 7, 'l');
  const auto made = make({pipeline::folder("m"), pipeline::file("m/a", "first"),
                          sized(pipeline::file("m/b", large), large.size()),
                          pipeline::file("m/c", ""), pipeline::file("m/d", std::string(512, 'd'))});
  const auto members = members_of(made.bytes);
  EXPECT_THAT(names_of(members), ElementsAre("m/", "m/a", "m/b", "m/c", "m/d"));
  EXPECT_EQ(members[0].type, '5');
  EXPECT_EQ(members[1].content, "first");
  EXPECT_EQ(members[2].content, large);
  EXPECT_EQ(members[4].content, std::string(512, 'd'));
  EXPECT_EQ(made.totals.entries, 5U);
  EXPECT_EQ(made.totals.files, 4U);
  EXPECT_EQ(made.totals.content_bytes, 5 + large.size() + 512);
  EXPECT_THAT(made.problems, ElementsAre());
}

TEST(TarStream, OfNothingIsAnEnd) {
  EXPECT_EQ(make(std::vector<Given>{}).bytes, std::string(10240, '\0'));
}

TEST(TarStream, IsTheSameInPiecesOfAnySizeAndForAnyThreads) {
  const auto bytes = [](std::size_t piece, unsigned threads) {
    ListSource source;
    source.add(EntryType::kFolder, "m");
    for (int i = 0; i < 2000; ++i) {
      source.add(EntryType::kFile, "m/" + std::to_string(i),
                 i % 7 == 3 ? "damaged" : std::string(static_cast<std::size_t>(i) * 9, 'x'));
    }
    source.add(EntryType::kFile, "z", std::string(2 * kMiB, 'z'));
    return make(source, piece, threads)->bytes;
  };
  const std::string expected = bytes(1 << 20, 1);
  EXPECT_EQ(members_of(expected).size(), 1 + 2000 - 286 + 1U);
  for (const std::size_t piece : {1000U, 12345U, 1U << 24}) {
    for (const unsigned threads : {1U, 2U, 16U}) EXPECT_EQ(bytes(piece, threads), expected);
  }
}

TEST(TarStream, LeavesOutASmallFileThatCannotBeReadAndItsLinks) {
  ListSource source;
  source.add(EntryType::kFile, "a", "damaged");
  source.add(EntryType::kHardLink, "b", "a");
  source.add(EntryType::kFile, "c", "whole");
  source.add(EntryType::kHardLink, "d", "c");
  const auto made = make(source, 4096);
  const auto members = members_of(made->bytes);
  EXPECT_THAT(names_of(members), ElementsAre("c", "d"));
  EXPECT_EQ(members[1].type, '1');
  EXPECT_EQ(members[1].target, "c");
  EXPECT_EQ(members[1].content, "");
  EXPECT_THAT(made->problems,
              ElementsAre("a: is damaged", "b: is a link to a, which was left out"));
}

TEST(TarStream, ALargeFileThatGetsShorterIsFilledUpWithZeros) {
  const std::string content(2 * kMiB, 'l');
  const std::size_t promised = 2 * kMiB + 1000;
  const auto made =
      make({sized(pipeline::file("big", content), promised), pipeline::file("next", "next")});
  const auto members = members_of(made.bytes);
  EXPECT_EQ(members[0].content, content + std::string(1000, '\0'));
  EXPECT_EQ(members[1].content, "next");
  EXPECT_THAT(made.problems,
              ElementsAre("big: ends after 2097152 bytes; in the archive the bytes from 2097152 "
                          "to 2098152 are zero"));
}

TEST(TarStream, ALargeFileThatGrowsIsCut) {
  const std::string content(2 * kMiB, 'l');
  const auto made =
      make({sized(pipeline::file("big", content), 2 * kMiB - 10), pipeline::file("next", "next")});
  EXPECT_EQ(members_of(made.bytes)[0].content, content.substr(10));
  EXPECT_EQ(members_of(made.bytes)[1].content, "next");
  EXPECT_THAT(made.problems, ElementsAre("big: became longer while it was read; the archive has "
                                         "its first 2097142 bytes"));
}

TEST(TarStream, ALargeFileThatBreaksIsZeroFromThePieceOnWhateverIsAskedFor) {
  const std::string content(3 * kMiB, 'l');
  const std::vector<Given> events = {
      sized(pipeline::failing("big", content, 2 * kMiB + 5), content.size()),
      pipeline::file("next", "next")};
  const auto made = make(events, 777);
  EXPECT_EQ(members_of(made.bytes)[0].content, content.substr(kMiB) + std::string(kMiB, '\0'));
  EXPECT_THAT(made.problems, ElementsAre(HasSubstr("big: the disk broke; in the archive")));
  EXPECT_EQ(make(events, 1 << 22).bytes, made.bytes);
}

TEST(TarStream, SaysWhatChangedWhileItWasRead) {
  const std::string content(2 * kMiB, 'l');
  const auto made = make({pipeline::changing("small", "s"),
                          sized(pipeline::changing("big", content), content.size())});
  EXPECT_EQ(names_of(members_of(made.bytes)).size(), 2U);
  EXPECT_THAT(made.problems,
              ElementsAre(HasSubstr("small: changed while"), HasSubstr("big: changed while")));
}

TEST(TarStream, AMovedFileKeepsItsFirstName) {
  ListSource source;
  source.add(EntryType::kFile, "new/1", "mail");
  source.events.emplace_back(stream::Moved{"new/1", "cur/1:2,"});
  source.events.emplace_back(stream::Moved{"cur/1:2,", "cur/1:2,S"});
  source.add(EntryType::kHardLink, "again", "cur/1:2,S");
  const auto made = make(source, 4096);
  const auto members = members_of(made->bytes);
  EXPECT_THAT(names_of(members), ElementsAre("new/1", "again"));
  EXPECT_EQ(members[1].target, "new/1");
  EXPECT_THAT(made->problems, ElementsAre(HasSubstr("renamed"), HasSubstr("renamed")));
}

TEST(TarStream, FoldersThatTheWalkComesBackToAreNamedAgainAtTheEnd) {
  const auto made =
      make({pipeline::folder("m"), pipeline::folder("m/cur"), pipeline::folder("m/new"),
            pipeline::file("m/cur/1", "1"), pipeline::file("m/new/2", "2"),
            pipeline::folder("m/.A"), pipeline::file("m/.A/x", "x"), pipeline::file("m/own", "o"),
            pipeline::folder("n"), pipeline::file("m/uidlist", "u")});
  EXPECT_THAT(names_of(members_of(made.bytes)),
              ElementsAre("m/", "m/cur/", "m/new/", "m/cur/1", "m/new/2", "m/.A/", "m/.A/x",
                          "m/own", "n/", "m/uidlist", "m/", "m/cur/", "m/new/"));
  EXPECT_EQ(made.totals.entries, 10U);
}

TEST(TarStream, AnErrorOfTheSourceOrACancelEndsIt) {
  const std::vector<Given> events = {pipeline::file("a", "a"), pipeline::file("b", "b")};
  MemorySource source(events);
  source.fails_at_event = 1;
  const auto made = make(source, 4096);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message(), "the source broke");
  const std::atomic<bool> cancel = true;
  MemorySource other(events);
  TarStream tar(other, {.cancel = &cancel});
  Bytes buffer(10);
  EXPECT_EQ(tar.read(buffer).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace letterpress::exports
