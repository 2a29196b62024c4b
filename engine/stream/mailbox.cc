// SPDX-License-Identifier: Apache-2.0
#include "stream/mailbox.h"

#include <algorithm>

#include "base/bytes.h"
#include "hashing/blake3.h"

namespace letterpress::stream {
namespace {

// Part of the format; do not change. The tag's key is the writer's own business.
constexpr std::string_view kMailboxKeyContext = "letterpress 2026-11 mailbox id key";
constexpr std::string_view kMailboxTagContext = "letterpress 2026-11 mailbox tag";

}  // namespace

std::string_view mailbox_name(std::string_view path, unsigned depth) noexcept {
  std::size_t end = path.find('/');
  for (; depth > 0 && end != std::string_view::npos; --depth) end = path.find('/', end + 1);
  return path.substr(0, end);
}

MailboxTag mailbox_tag(std::string_view name, const HashKey& id_key) noexcept {
  const HashKey key = hashing::derive_key(kMailboxTagContext, id_key.bytes);
  MailboxTag tag;
  std::copy_n(hashing::hash(as_bytes(name), key).bytes.begin(), tag.bytes.size(),
              tag.bytes.begin());
  return tag;
}

HashKey mailbox_id_key(const MailboxTag& tag, const HashKey& id_key) noexcept {
  std::array<std::uint8_t, sizeof(HashKey) + sizeof(MailboxTag)> material;
  std::ranges::copy(tag.bytes, std::ranges::copy(id_key.bytes, material.begin()).out);
  return hashing::derive_key(kMailboxKeyContext, material);
}

const Mailbox* Isolation::of(std::string_view path) {
  if (!depth_) return nullptr;
  const std::string_view name = mailbox_name(path, *depth_);
  if (!mailbox_ || name != name_) {
    name_ = name;
    const MailboxTag tag = mailbox_tag(name, id_key_);
    mailbox_ = Mailbox{tag, mailbox_id_key(tag, id_key_)};
  }
  return &*mailbox_;
}

const HashKey& IdKeys::of(const std::optional<MailboxTag>& mailbox) {
  if (!mailbox) return id_key_;
  if (!last_ || last_->tag != *mailbox)
    last_ = Mailbox{*mailbox, mailbox_id_key(*mailbox, id_key_)};
  return last_->id_key;
}

}  // namespace letterpress::stream
