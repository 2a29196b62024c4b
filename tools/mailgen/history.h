// SPDX-License-Identifier: Apache-2.0
/// A store's life: four years of mail up to kStoreDate, then one day after another.
///
///     History history(plan);
///     history.begin(&store);                      // a new store; or begin(nullptr), then live()
///     up to its day history.live(7, &store);                    // and seven days on
///
/// With no store it only keeps count: that is how an existing store is continued without reading
/// it. The same plan and days give the same store, in whatever steps. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "document.h"
#include "ledger.h"
#include "mailbox.h"
#include "people.h"
#include "prose.h"
#include "store.h"
#include "traffic.h"
#include "vocabulary.h"

namespace mailgen {

struct Plan {
  std::uint64_t seed = 1;
  std::uint64_t bytes = 0;                 ///< of the new store
  std::uint32_t daily_basis_points = 150;  ///< new mail a day, in 1/10,000 of `bytes`
};

class History {
 public:
  explicit History(const Plan& plan);
  void begin(Store* store);
  void live(std::uint32_t days, Store* store);

  const Ledger& ledger() const { return ledger_; }
  const std::vector<Mailbox>& mailboxes() const { return mailboxes_; }
  std::uint32_t day() const { return day_; }

 private:
  void deliver(std::int64_t date, std::uint64_t bytes_max, Store* store);
  Item new_item(Random& random, std::int64_t date, const Copy& copy, Folder& folder) const;
  void keep_house(Store* store);
  void visit(Random& random, Mailbox& mailbox, FolderIndex folder_index, std::size_t item_index,
             Store* store);
  void move_item(Random& random, Mailbox& mailbox, Folder& from, Item& item, Folder& to,
                 Store* store);
  void close_day(Store* store);
  std::int64_t now() const;

  Plan plan_;
  Vocabulary vocabulary_;
  Prose prose_;
  People people_;
  Ledger ledger_;
  Traffic traffic_;
  DocumentMaker maker_;
  std::vector<Mailbox> mailboxes_;
  std::uint32_t day_ = 0;
  std::uint64_t deliveries_ = 0;
  std::string rendered_;
};

}  // namespace mailgen
