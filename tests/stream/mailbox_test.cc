// SPDX-License-Identifier: Apache-2.0
// Expected names and keys are those of docs/FORMAT.md, "Mailboxes apart".
#include "stream/mailbox.h"

#include <gtest/gtest.h>

#include "stream/playback.h"

namespace letterpress::stream {
namespace {

HashKey counted_key(std::uint8_t first) {
  HashKey key;
  for (std::uint8_t& byte : key.bytes) byte = first++;
  return key;
}

MailboxTag counted_tag() {
  MailboxTag tag;
  std::uint8_t next = 0;
  for (std::uint8_t& byte : tag.bytes) byte = next++;
  return tag;
}

TEST(Mailbox, IsNamedByTheSourceAndSoManyComponents) {
  const std::string_view mail = "vmail/example.org/anna/cur/17.M1.host:2,S";
  EXPECT_EQ(mailbox_name(mail, 0), "vmail");
  EXPECT_EQ(mailbox_name(mail, 1), "vmail/example.org");
  EXPECT_EQ(mailbox_name(mail, 2), "vmail/example.org/anna");
  EXPECT_EQ(mailbox_name(mail, 4), mail);
  EXPECT_EQ(mailbox_name("mail/anna", 1), "mail/anna");  // a file that is a mailbox
}

TEST(Mailbox, WhatLiesAboveIsOneEach) {
  EXPECT_EQ(mailbox_name("mail", 2), "mail");
  EXPECT_EQ(mailbox_name("mail/aliases", 2), "mail/aliases");
  EXPECT_EQ(mailbox_name("stdin", 64), "stdin");
}

// The id key of the example vault, 60 61 .. 7f.
TEST(Mailbox, TagAndKeyAreThoseOfTheDocument) {
  const HashKey id_key = counted_key(0x60);
  const MailboxTag tag = mailbox_tag("mail/example.org/anna", id_key);
  EXPECT_EQ(Bytes(tag.bytes.begin(), tag.bytes.end()),
            from_hex("2804a5c5c8017040cdcf4d67c8fa4831"));
  const HashKey key = mailbox_id_key(counted_tag(), id_key);
  EXPECT_EQ(Bytes(key.bytes.begin(), key.bytes.end()),
            from_hex("2633e1336bc42cd077f90e05b25999de1174a807684afe303a65ec5625165cb4"));
}

TEST(Isolation, GivesEachPathItsMailboxWhateverCameBefore) {
  const HashKey id_key = counted_key(1);
  Isolation isolation(1, id_key);
  for (const std::string_view path : {"m/a/1", "m/a/2", "m/b/1", "m/a/3", "m/ab", "m", "m/a"}) {
    const Mailbox* mailbox = isolation.of(path);
    ASSERT_NE(mailbox, nullptr);
    const MailboxTag tag = mailbox_tag(mailbox_name(path, 1), id_key);
    EXPECT_EQ(mailbox->tag, tag) << path;
    EXPECT_EQ(mailbox->id_key.bytes, mailbox_id_key(tag, id_key).bytes) << path;
  }
  EXPECT_EQ(Isolation().of("m/a/1"), nullptr);
}

TEST(IdKeys, AreTheWritersOrTheMailboxes) {
  const HashKey id_key = counted_key(1);
  MailboxTag other = counted_tag();
  other.bytes[0] ^= 1;
  IdKeys keys(id_key);
  for (const auto& tag : {std::optional<MailboxTag>(), std::optional(counted_tag()),
                          std::optional(other), std::optional(counted_tag())}) {
    const HashKey expected = tag ? mailbox_id_key(*tag, id_key) : id_key;
    EXPECT_EQ(keys.of(tag).bytes, expected.bytes);
    EXPECT_EQ(keys.of(tag).bytes, expected.bytes);
  }
}

}  // namespace
}  // namespace letterpress::stream
