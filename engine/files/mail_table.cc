// SPDX-License-Identifier: Apache-2.0
#include "files/mail_table.h"

#include <functional>

#include "mail/maildir.h"

namespace letterpress::files {
namespace {

constexpr std::size_t kSlotsMin = 64;

}  // namespace

MailTable::Id MailTable::find(std::string_view base_name) const noexcept {
  return slots_.empty() ? kNone : slots_[slot_of(base_name)];
}

MailTable::Id MailTable::add(MailFolder folder, std::string_view name, std::uint16_t pass) {
  if ((chains_ + 1) * 2 > slots_.size()) grow();
  const std::string_view base_name = mail::maildir_base_name(name);
  const std::string_view kept = arena_.add(name);
  const auto id = static_cast<Id>(mails_.size());
  Mail mail;
  mail.name = kept.data();
  mail.name_bytes = static_cast<std::uint16_t>(kept.size());
  mail.base_bytes = static_cast<std::uint16_t>(base_name.size());
  mail.pass = pass;
  mail.folder = folder;
  mails_.push_back(mail);

  Id& first = slots_[slot_of(base_name)];
  if (first == kNone) {
    first = id;
    ++chains_;
  } else {
    Id last = first;
    while (mails_[last].twin != kNone) last = mails_[last].twin;
    mails_[last].twin = id;
  }
  return id;
}

void MailTable::rename(Id id, MailFolder folder, std::string_view name) {
  Mail& mail = mails_[id];
  if (name != name_of(mail)) {
    const std::string_view kept = arena_.add(name);
    mail.name = kept.data();
    mail.name_bytes = static_cast<std::uint16_t>(kept.size());
  }
  mail.folder = folder;
}

std::size_t MailTable::slot_of(std::string_view base_name) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(base_name)&mask;
  while (slots_[slot] != kNone) {
    const Mail& mail = mails_[slots_[slot]];
    if (std::string_view(mail.name, mail.base_bytes) == base_name) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

void MailTable::grow() {
  std::vector<Id> old = std::move(slots_);
  slots_.assign(old.empty() ? kSlotsMin : old.size() * 2, kNone);
  for (const Id id : old) {
    if (id != kNone) slots_[slot_of({mails_[id].name, mails_[id].base_bytes})] = id;
  }
}

}  // namespace letterpress::files
