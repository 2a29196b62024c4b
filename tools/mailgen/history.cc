// SPDX-License-Identifier: Apache-2.0
#include "history.h"

#include <algorithm>

#include "calendar.h"

namespace mailgen {
namespace {

constexpr std::uint64_t kHistorySeconds = 4 * 365 * std::uint64_t{kDaySeconds};

// Four mailboxes in 10 MB, forty in 1 GB, four hundred in 100 GB: stores grow in both ways.
std::size_t mailbox_count(std::uint64_t bytes) {
  std::size_t count = 3;
  while (count * count * 625'000 < bytes) ++count;
  return count;
}

// No letter, all its copies together, takes more than a fiftieth of the store (a twenty-fifth of a
// small one): shares stay near their aims in small stores, at the price of the heavy tail there.
std::uint64_t letter_bytes_max(std::uint64_t bytes) {
  return std::max<std::uint64_t>(
      {bytes / 50, std::min<std::uint64_t>(bytes / 25, 400'000), 16'000});
}

}  // namespace

History::History(const Plan& plan)
    : plan_(plan),
      vocabulary_(plan.seed),
      prose_(vocabulary_),
      people_(plan.seed, prose_, mailbox_count(plan.bytes)),
      traffic_(plan.seed, people_, prose_, ledger_),
      maker_(plan.seed, prose_),
      mailboxes_(make_mailboxes(plan.seed, people_, prose_)) {}

std::int64_t History::now() const { return kStoreDate + day_ * kDaySeconds; }

void History::begin(Store* store) {
  if (store != nullptr) store->create(mailboxes_);
  while (ledger_.bytes() < plan_.bytes) {
    const std::uint64_t left = plan_.bytes - ledger_.bytes();
    // Age falls with the square of what is missing (20 fraction bits): most of the mail is of the
    // last year.
    constexpr std::uint64_t kShiftable = std::uint64_t{1} << 40U;
    const std::uint64_t missing =
        plan_.bytes < kShiftable ? (left << 20U) / plan_.bytes : left / (plan_.bytes >> 20U);
    const auto age =
        static_cast<std::int64_t>((((missing * missing) >> 20U) * kHistorySeconds) >> 20U);
    deliver(kStoreDate - age,
            std::min(letter_bytes_max(plan_.bytes), std::max<std::uint64_t>(left, 12'000)), store);
  }
  close_day(store);
}

void History::live(std::uint32_t days, Store* store) {
  for (; days > 0; --days) {
    const std::uint64_t before =
        plan_.bytes + plan_.bytes / 10'000 * plan_.daily_basis_points * day_;
    const std::uint64_t today = plan_.bytes / 10'000 * plan_.daily_basis_points;
    while (ledger_.bytes() < before + today) {
      const std::uint64_t done = ledger_.bytes() > before ? ledger_.bytes() - before : 0;
      const std::int64_t date =
          now() + static_cast<std::int64_t>(done * (kDaySeconds - 3600) / (today + 1));
      deliver(date, letter_bytes_max(plan_.bytes), store);
    }
    ++day_;
    keep_house(store);
    close_day(store);
  }
}

Item History::new_item(Random& random, std::int64_t date, const Copy& copy, Folder& folder) const {
  Item item;
  item.date = item.named = date;
  item.micros = random.below(1'000'000);
  item.process = 300 + random.below(60'000);
  item.stored_bytes = copy.size.stored;
  item.wire_bytes = copy.size.wire;
  // Holes are what was expunged before.
  folder.next_uid += random.chance(200) ? 1 + random.below(4) : 0;
  item.uid = folder.next_uid++;
  if (copy.sent) {
    item.flags = kSeen;
  } else if (day_ > 0 || kStoreDate - date < kDaySeconds || date > kStoreDate) {
    item.fresh = true;
  } else {
    if (random.chance(880)) item.flags |= kSeen;
    if (random.chance(140)) item.flags |= kAnswered | kSeen;
    if (random.chance(30)) item.flags |= kFlagged;
    if (random.chance(80)) item.flags |= kLabel;
    if (random.chance(40)) item.flags |= kWork;
    if (random.chance(10)) item.flags |= kDeleted;
  }
  return item;
}

void History::deliver(std::int64_t date, std::uint64_t bytes_max, Store* store) {
  const Letter letter = traffic_.next(date, bytes_max);
  // A second apart: what was there first can be told from the dates.
  for (const Copy& copy : letter.copies) {
    Random random(plan_.seed, kMailboxStream, 1'000'000 + deliveries_++);
    Mailbox& mailbox = mailboxes_[copy.mailbox];
    Folder& folder = mailbox.folders[copy.folder];
    folder.items.push_back(new_item(random, date++, copy, folder));
    folder.changed = true;
    if (store == nullptr) continue;
    const Item& item = folder.items.back();
    render_copy(letter.message, copy.delivery, store->extra_header(item), copy.sent, copy.crlf,
                traffic_.documents(), maker_, rendered_);
    store->deliver({mailbox, folder, item}, letter.message.envelope_from, rendered_);
  }
}

void History::keep_house(Store* store) {
  Random random(plan_.seed, kDayStream, day_);
  for (Mailbox& mailbox : mailboxes_) {
    for (std::uint32_t index = 0; index < mailbox.folders.size(); ++index) {
      // What moves in today is looked at tomorrow.
      const std::size_t count = mailbox.folders[index].items.size();
      for (std::size_t item = 0; item < count; ++item) {
        visit(random, mailbox, static_cast<FolderIndex>(index), item, store);
      }
    }
  }
}

void History::visit(Random& random, Mailbox& mailbox, FolderIndex folder_index,
                    std::size_t item_index, Store* store) {
  Folder& folder = mailbox.folders[folder_index];
  Item& item = folder.items[item_index];
  const bool final_place = folder_index == kTrash || folder_index == kArchive;
  const std::uint32_t fate = random.below(10'000);
  if (item.gone) return;
  // Of 10,000 messages 40 are deleted a day, half of them by way of Trash, which is emptied of a
  // tenth.
  if (!item.fresh && fate < (folder_index == kTrash ? 1'000U : 20U)) {
    item.gone = folder.changed = folder.rewritten = true;
    ++ledger_.removed;
    if (store != nullptr) store->remove({mailbox, folder, item});
  } else if (!item.fresh && !final_place && fate < 40) {
    move_item(random, mailbox, folder, item, mailbox.folders[kTrash], store);
  } else if (!item.fresh && folder_index == kInbox && fate < 70) {
    move_item(random, mailbox, folder, item, mailbox.folders[kArchive], store);
  } else {
    const Item before = item;
    if (item.fresh && fate >= 1'500) {
      item.fresh = false;
      if (fate < 8'500) item.flags |= kSeen;
    } else if ((item.flags & kSeen) == 0 && !item.fresh && fate < 2'500) {
      item.flags |= kSeen;
    } else if (!item.fresh && fate >= 9'960) {
      constexpr std::uint16_t kFlips[] = {kFlagged, kAnswered, kLabel, kWork};
      item.flags ^= random.pick(kFlips);
    }
    if (item.flags == before.flags && item.fresh == before.fresh) return;
    folder.changed = folder.rewritten = true;
    ++ledger_.flags_changed;
    if (store != nullptr) store->change({mailbox, folder, item}, before);
  }
}

void History::move_item(Random& random, Mailbox& mailbox, Folder& from, Item& item, Folder& to,
                        Store* store) {
  Item moved = item;
  moved.named = now() - kDaySeconds / 2 + random.below(3600);
  moved.micros = random.below(1'000'000);
  moved.uid = to.next_uid++;
  to.items.push_back(moved);
  if (store != nullptr) store->move({mailbox, from, item}, {mailbox, to, to.items.back()});
  item.gone = from.changed = from.rewritten = to.changed = true;
  ++ledger_.moved;
}

void History::close_day(Store* store) {
  for (Mailbox& mailbox : mailboxes_) {
    for (Folder& folder : mailbox.folders) {
      // Dovecot rewrites the list from time to time and appends in between: here weekly.
      if (day_ % 7 == 0) folder.listed_uid = folder.next_uid;
    }
  }
  if (store != nullptr) store->close_day(mailboxes_, now());
  for (Mailbox& mailbox : mailboxes_) {
    for (Folder& folder : mailbox.folders) {
      std::erase_if(folder.items, [](const Item& item) { return item.gone; });
      folder.changed = folder.rewritten = false;
    }
  }
}

}  // namespace mailgen
