// SPDX-License-Identifier: Apache-2.0
// A mailbox that a writer keeps apart from the others: its chunks are in blocks of their own, under
// ids that no other mailbox has (docs/FORMAT.md, "Mailboxes apart").
//
//   Isolation isolation(2, id_key);
//   const Mailbox* mailbox = isolation.of("mail/example.org/anna/cur/17.M1.host");
//   hashing::hash_many(chunks, &mailbox->id_key, ids.data());
//
//   IdKeys keys(id_key);                       // the way back: from what a block says
//   hashing::hash(chunk, keys.of(block.mailbox));
//
// Plain values, and two classes for one thread each. Cost: some hundred nanoseconds where the
// mailbox is another than the one before, and the comparison of a name where it is not.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "letterpress/chunk.h"

namespace letterpress::stream {

// How many components of a path name a mailbox, that of the source apart. Deeper than any store.
inline constexpr unsigned kIsolateDepthMax = 64;

// What a block says of its mailbox: not its name.
struct MailboxTag {
  std::array<std::uint8_t, 16> bytes{};
  friend bool operator==(const MailboxTag&, const MailboxTag&) = default;
};

struct Mailbox {
  MailboxTag tag;
  HashKey id_key;  // keys the ids of its chunks
};

// The part of an entry's path that names its mailbox: the source and `depth` components below it,
// or the whole path if it has fewer. So what lies above the mailboxes is a mailbox each.
std::string_view mailbox_name(std::string_view path, unsigned depth) noexcept;

// `id_key` is the writer's.
MailboxTag mailbox_tag(std::string_view name, const HashKey& id_key) noexcept;
HashKey mailbox_id_key(const MailboxTag& tag, const HashKey& id_key) noexcept;

// Gives entries their mailboxes.
class Isolation {
 public:
  // Nothing is kept apart.
  Isolation() = default;
  Isolation(unsigned depth, const HashKey& id_key) : depth_(depth), id_key_(id_key) {}

  // Null if nothing is kept apart. Valid until the next call.
  const Mailbox* of(std::string_view path);

 private:
  std::optional<unsigned> depth_;
  HashKey id_key_;
  std::string name_;  // of mailbox_
  std::optional<Mailbox> mailbox_;
};

// The keys of the ids of a writer's blocks.
class IdKeys {
 public:
  explicit IdKeys(const HashKey& id_key) : id_key_(id_key) {}

  // Of a block that is no mailbox's, the writer's. Valid until the next call.
  const HashKey& of(const std::optional<MailboxTag>& mailbox);

 private:
  HashKey id_key_;
  std::optional<Mailbox> last_;
};

}  // namespace letterpress::stream
