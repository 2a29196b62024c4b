// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/blob_cutter.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <set>
#include <string>

namespace letterpress::restic {
namespace {

std::string random_text(unsigned seed, std::size_t bytes, std::size_t columns) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < bytes) {
    for (std::size_t i = 0; i < columns; ++i) {
      text += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[random() % 64];
    }
    text += '\n';
  }
  return text;
}

std::string mail(const std::string& subject, const std::string& base64) {
  return "From: a@example.org\nSubject: " + subject +
         "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n"
         "--b\nContent-Type: text/plain\n\nText of " +
         subject +
         ".\n--b\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" +
         base64 + "--b--\n";
}

std::vector<std::string> blobs_of(const std::string& bytes) {
  pipeline::Batch batch;
  pipeline::BatchItem item;
  item.raw = as_bytes(bytes);
  std::vector<std::uint32_t> lengths;
  BlobCutter().cut(batch, item, lengths);
  std::vector<std::string> blobs;
  std::size_t at = 0;
  for (const std::uint32_t length : lengths) {
    EXPECT_GT(length, 0U);
    blobs.push_back(bytes.substr(at, length));
    at += length;
  }
  EXPECT_EQ(at, bytes.size());
  return blobs;
}

std::size_t shared(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const std::set<std::string> known(a.begin(), a.end());
  std::size_t bytes = 0;
  for (const std::string& blob : b) bytes += known.contains(blob) ? blob.size() : 0;
  return bytes;
}

TEST(BlobCutter, SmallFilesAreOneBlob) {
  EXPECT_EQ(blobs_of("").size(), 0U);
  EXPECT_EQ(blobs_of("x").size(), 1U);
  EXPECT_EQ(blobs_of(mail("one", random_text(1, 20'000, 76))).size(), 1U);
  EXPECT_EQ(blobs_of(random_text(1, 2'000'000, 76)).size(), 1U);
}

TEST(BlobCutter, AttachmentsFrom32KibAreBlobs) {
  const std::string attachment = random_text(2, 100'000, 76);
  const auto one = blobs_of(mail("one", attachment));
  const auto other = blobs_of(mail("another mail", attachment));
  ASSERT_EQ(one.size(), 3U);
  EXPECT_EQ(one[1], attachment);
  EXPECT_GE(shared(one, other), attachment.size());
}

TEST(BlobCutter, LargeAttachmentsAreCutByContent) {
  const std::string attachment = random_text(3, 2'500'000, 76);
  const auto one = blobs_of(mail("one", attachment));
  EXPECT_GE(one.size(), 5U);
  for (const std::string& blob : one) EXPECT_LE(blob.size(), 1U << 20);
  // The same with lines in front: all but its beginning is found again.
  const auto other = blobs_of(mail("other", random_text(4, 76, 76) + attachment));
  EXPECT_GE(shared(one, other), attachment.size() / 2);
}

TEST(BlobCutter, WhatHasNoPlaceToCutIsCutAtTheMost) {
  const auto blobs = blobs_of(std::string(10'000'000, 'x'));
  EXPECT_GE(blobs.size(), 4U);
  for (const std::string& blob : blobs) EXPECT_LE(blob.size(), 3U << 20);
}

TEST(BlobCutter, MailboxesAreCutBetweenMessages) {
  std::string mbox;
  for (unsigned i = 0; i < 600; ++i) {
    mbox += "From a@example.org Mon Nov 23 14:" + std::to_string(10 + i % 50) + ":" +
            std::to_string(10 + i / 50) +
            " 2026\nFrom: a@example.org\nSubject: " + std::to_string(i) + "\n\n" +
            random_text(i, 7'000, 60 + i % 9) + "\n";
  }
  const auto blobs = blobs_of(mbox);
  EXPECT_GE(blobs.size(), 2U);
  for (const std::string& blob : blobs) {
    EXPECT_TRUE(blob.starts_with("From a@example.org Mon")) << blob.substr(0, 40);
    EXPECT_LE(blob.size(), 3U << 20);
  }
  const auto grown = blobs_of(mbox + mbox.substr(0, mbox.find("\nFrom ", 10) + 1));
  for (std::size_t i = 0; i + 1 < blobs.size(); ++i) EXPECT_EQ(grown[i], blobs[i]);
}

}  // namespace
}  // namespace letterpress::restic
