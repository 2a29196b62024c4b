// SPDX-License-Identifier: Apache-2.0
// The mails of one Maildir, found by base name: the last name of each, and what became of it.
//
// Two files may have one base name (a copy by rsync, two hard links): these are chained.
// Not thread-safe. About 40 bytes and the name for each mail; nothing is ever freed.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "files/name_list.h"

namespace letterpress::files {

enum class MailFolder : std::uint8_t { kNew = 0, kCur = 1 };  // in the order of listing

class MailTable {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = 0xffffffff;

  enum class State : std::uint8_t {
    kListed,       // not read yet
    kTaken,        // its entry was given out
    kFurtherName,  // a hard link of a mail that was given out; its entry comes at the end
    kMerged,       // was another name of a taken mail
    kFailed,       // reported, or no mail at all
  };

  struct Mail {
    const char* name = nullptr;
    std::uint64_t inode = 0;  // once it was taken
    Id twin = kNone;          // the next mail with the same base name
    std::uint16_t name_bytes = 0;
    std::uint16_t base_bytes = 0;
    std::uint16_t pass = 0;  // the last that listed it
    MailFolder folder = MailFolder::kNew;
    State state = State::kListed;
    bool is_first_look = false;  // the first pass listed it
    bool is_renamed = false;     // since it was taken
  };

  // The first mail with this base name, or kNone.
  Id find(std::string_view base_name) const noexcept;
  // A new mail of that name, behind those with the same base name. Its state is kListed.
  Id add(MailFolder folder, std::string_view name, std::uint16_t pass);
  // Same base name as before.
  void rename(Id id, MailFolder folder, std::string_view name);

  Id size() const noexcept { return static_cast<Id>(mails_.size()); }
  Mail& operator[](Id id) noexcept { return mails_[id]; }
  const Mail& operator[](Id id) const noexcept { return mails_[id]; }
  static std::string_view name_of(const Mail& mail) noexcept {
    return {mail.name, mail.name_bytes};
  }

 private:
  std::size_t slot_of(std::string_view base_name) const noexcept;
  void grow();

  NameArena arena_;
  std::deque<Mail> mails_;
  std::vector<Id>
      slots_;  // open addressing; the first of each chain; a power of two, at most half full
  std::size_t chains_ = 0;
};

}  // namespace letterpress::files
