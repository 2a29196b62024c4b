// SPDX-License-Identifier: Apache-2.0
/// Decides who writes what to whom: threads, forwards, revised documents, lists, newsletters.
///
///     Traffic traffic(seed, people, prose, ledger);
///     Letter letter = traffic.next(date, bytes_max);   // then file letter.copies
///
/// Not thread-safe. Letter n depends on the seed and on the letters before it, on nothing else; no
/// attachment byte is made here, so that a store can be replayed at many times the speed of writing
/// it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "composer.h"
#include "ledger.h"
#include "mailbox.h"
#include "people.h"
#include "prose.h"

namespace mailgen {

struct Copy {
  std::uint32_t mailbox = 0;
  std::uint32_t folder = kInbox;
  bool sent = false;  ///< the writer's own
  bool crlf = false;
  std::string delivery;  ///< this copy's header lines
  CopySize size;
};

struct Letter {
  Message message;
  std::int64_t date = 0;
  std::vector<Copy> copies;
};

class Traffic {
 public:
  Traffic(std::uint64_t seed, const People& people, const Prose& prose, Ledger& ledger);
  /// The next letter; all its copies together take about `bytes_max` at most.
  Letter next(std::int64_t date, std::uint64_t bytes_max);
  const std::vector<Document>& documents() const { return documents_; }

 private:
  /// How many mailboxes a letter reaches: any number, one, or several.
  enum class Reach : std::uint8_t { kAny, kOne, kSeveral, kList };
  struct Thread {
    Reach reach = Reach::kOne;
    Topic topic{};
    std::string subject;
    std::vector<std::uint32_t> people;
    std::vector<std::string> references;
    std::uint32_t last_from = 0;
    std::string last_text;
    std::string attribution;
    DocumentIndex document = -1;
    std::string list_address;
    bool project = false;
  };

  Thread& pick_thread(Random& random, Reach reach);
  void start_thread(Random& random, Reach reach);
  Letter converse(Random& random, std::int64_t date, Reach reach, bool attach,
                  std::uint64_t bytes_max);
  Letter bulletin(Random& random, std::int64_t date, bool newsletter);
  void choose_people(Random& random, Thread& thread, bool attach, Draft& draft) const;
  void attach_documents(Random& random, Thread& thread, bool several, std::uint64_t bytes_max,
                        Draft& draft);
  DocumentIndex new_document(Random& random, std::uint64_t bytes_max, std::uint64_t house,
                             std::string_view stem);
  DocumentIndex revise(Random& random, DocumentIndex index);
  DocumentIndex old_document(Random& random, std::uint64_t bytes_max);
  DocumentIndex logo_of(Random& random, std::uint32_t company, std::uint64_t bytes_max);
  std::uint32_t folder_for(Random& random, const Thread& thread, std::int64_t date) const;
  void address(Random& random, const Draft& draft, const Thread& thread, Letter& letter);
  void finish_copies(Random& random, bool crlf, Letter& letter);

  std::uint64_t seed_;
  const People& people_;
  const Prose& prose_;
  Ledger& ledger_;
  std::uint64_t letters_ = 0;
  std::deque<Thread> threads_;
  std::vector<Document> documents_;
  std::vector<DocumentIndex> logos_;  // by company; -1 until its first letter
};

}  // namespace mailgen
