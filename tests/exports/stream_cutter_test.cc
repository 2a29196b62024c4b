// SPDX-License-Identifier: Apache-2.0
#include "exports/store/stream_cutter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/limits.h"
#include "mail/tar_archive.h"
#include "pipeline/made_mail.h"

namespace letterpress::exports {
namespace {

using pipeline::made_mail;
using pipeline::made_mbox_mail;
using pipeline::Random;

class TextContent final : public stream::Content {
 public:
  explicit TextContent(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (fails_at && at_ >= *fails_at) return Error(ErrorCode::kIo, "the disk broke");
    const std::size_t count = std::min(into.size(), text_.size() - at_);
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    return count;
  }
  Status finish() override { return Ok{}; }
  std::optional<std::size_t> fails_at;

 private:
  const std::string text_;
  std::size_t at_ = 0;
};

std::vector<std::string> chunks_of(const std::string& text, std::uint32_t avg = 16 * 1024) {
  TextContent content(text);
  StreamCutter cutter({.chunk_bytes_avg = avg}, content);
  CutBatch batch;
  std::vector<std::string> chunks;
  while (*cutter.next(batch)) {
    std::size_t begin = 0;
    for (const std::size_t end : batch.ends) {
      chunks.emplace_back(as_text(ByteView(batch.bytes).subspan(begin, end - begin)));
      begin = end;
    }
    EXPECT_EQ(begin, batch.bytes.size());
  }
  std::string whole;
  for (const std::string& chunk : chunks) {
    EXPECT_FALSE(chunk.empty());
    EXPECT_LE(chunk.size(), 4 * avg);
    whole += chunk;
  }
  EXPECT_TRUE(whole == text);
  return chunks;
}

std::size_t new_bytes(const std::vector<std::string>& chunks,
                      const std::vector<std::string>& known) {
  const std::set<std::string> there(known.begin(), known.end());
  std::size_t bytes = 0;
  for (const std::string& chunk : chunks) bytes += there.contains(chunk) ? 0 : chunk.size();
  return bytes;
}

std::string attachment_of(std::size_t bytes, unsigned seed) {
  return test::base64_lines(test::random_bytes(bytes, seed));
}

std::string mail_with(const std::string& attachment, Random& random) {
  const std::string id = std::to_string(random());
  return "From: anna@example.org\nSubject: " + id +
         "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_" + id + "\"\n\n--=_" +
         id + "\nContent-Type: text/plain\n\n" + pipeline::words(random, 700) + "\n--=_" + id +
         "\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" + attachment +
         "--=_" + id + "--\n";
}

TEST(StreamCutter, CoversAnyBytes) {
  Random random(1);
  EXPECT_EQ(chunks_of("").size(), 0U);
  EXPECT_EQ(chunks_of("x").size(), 1U);
  for (const std::size_t size : {4096U, 16384U, 65536U, 65537U, 3'000'000U, 9'000'001U}) {
    chunks_of(pipeline::random_text(random, size));
    chunks_of(std::string(size, '\0'));
    chunks_of(std::string(size, '\n'));
    chunks_of(pipeline::words(random, size));
  }
}

TEST(StreamCutter, AnAttachmentIsAChunkInAnyMail) {
  Random random(2);
  const std::string attachment = attachment_of(40'000, 3);
  std::string mbox;
  for (int i = 0; i < 20; ++i) {
    mbox += "From a@b Mon Nov 23 14:21:00 2026\n" + mail_with(attachment, random) + "\n";
    mbox += made_mbox_mail(random, {.text_bytes = 900});
  }
  EXPECT_EQ(std::ranges::count(chunks_of(mbox), attachment), 20);
  EXPECT_EQ(std::ranges::count(chunks_of(mail_with(attachment, random)), attachment), 1);
  std::string archive;
  for (int i = 0; i < 20; ++i) {
    archive +=
        test::tar_member({.name = std::to_string(i), .content = mail_with(attachment, random)});
  }
  EXPECT_EQ(std::ranges::count(chunks_of(archive + test::tar_end()), attachment), 20);
}

TEST(StreamCutter, ALargeAttachmentIsCutFromItsBeginning) {
  Random random(4);
  const std::string attachment = attachment_of(1'500'000, 5);
  const auto one = chunks_of(mail_with(attachment, random));
  const auto other = chunks_of(mail_with(attachment, random));
  EXPECT_LT(new_bytes(other, one), 2'000U);
  EXPECT_GT(one.size(), 30U);
}

TEST(StreamCutter, ASmallAttachmentIsText) {
  Random random(6);
  std::string mbox;
  for (int i = 0; i < 50; ++i) mbox += made_mbox_mail(random, {.attachment_bytes = 2'000});
  // Cut by content only, so no chunk but the last is below the minimum.
  const auto chunks = chunks_of(mbox);
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) EXPECT_GE(chunks[i].size(), 4096U);
  // At the end of a mail that was cut short.
  const std::string mail = mail_with(attachment_of(2'000, 7), random);
  chunks_of(mail.substr(0, mail.rfind("--=_")));
}

TEST(StreamCutter, WhatIsPutInChangesFewChunks) {
  Random random(7);
  std::string mbox;
  for (int i = 0; i < 400; ++i) {
    mbox += made_mbox_mail(
        random, {.text_bytes = random() % 6000, .attachment_bytes = i % 3 == 0 ? 30'000U : 0U});
  }
  ASSERT_GT(mbox.size(), 5 * kMiB);
  const auto before = chunks_of(mbox);
  const auto after = chunks_of(made_mbox_mail(random, {.text_bytes = 3'333}) + mbox);
  EXPECT_LT(new_bytes(after, before), 150'000U);
}

TEST(StreamCutter, AnErrorIsTheContents) {
  TextContent content(std::string(5'000'000, 'x'));
  content.fails_at = 3'000'000;
  StreamCutter cutter({}, content);
  CutBatch batch;
  Result<bool> next = cutter.next(batch);
  while (next && *next) next = cutter.next(batch);
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().message(), "the disk broke");
}

TEST(StoreCuts, AreInRange) {
  for (const std::uint32_t avg : {0U, 1U, 2048U, 5000U, 1U << 21}) {
    EXPECT_FALSE(validate(StoreCuts{avg})) << avg;
  }
  for (std::uint32_t avg = 4096; avg <= 1 << 20; avg *= 2) EXPECT_TRUE(validate(StoreCuts{avg}));
}

}  // namespace
}  // namespace letterpress::exports
