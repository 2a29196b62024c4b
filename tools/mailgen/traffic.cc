// SPDX-License-Identifier: Apache-2.0
#include "traffic.h"

#include <fmt/format.h>

#include <algorithm>

#include "calendar.h"
#include "markup.h"
#include "transport.h"

namespace mailgen {
namespace {

constexpr std::size_t kLists = 6;

bool has_html(Random& random, Client client) {
  switch (client) {
    case Client::kOutlook:
      return random.chance(950);
    case Client::kWeb:
      return random.chance(800);
    case Client::kApple:
      return random.chance(500);
    default:
      return false;
  }
}

}  // namespace

Traffic::Traffic(std::uint64_t seed, const People& people, const Prose& prose, Ledger& ledger)
    : seed_(seed),
      people_(people),
      prose_(prose),
      ledger_(ledger),
      logos_(people.companies().size(), -1) {}

Letter Traffic::next(std::int64_t date, std::uint64_t bytes_max) {
  Random random(seed_, kLetterStream, letters_++);
  // The chance of attachments moves by 1.5 points for each thousandth that their share is off.
  const std::int64_t behind = static_cast<std::int64_t>(kAttachmentShare) -
                              static_cast<std::int64_t>(ledger_.attachment_permille());
  const bool attach = random.chance(
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(200 + 15 * behind, 20, 900)));
  const std::uint32_t kind = random.below(100);
  Letter letter;
  if (attach) {
    const Reach reach = ledger_.wants_repeats() ? Reach::kSeveral : Reach::kOne;
    letter = converse(random, date, reach, true, bytes_max);
  } else if (kind < 26) {
    letter = bulletin(random, date, kind < 13);
  } else {
    letter = converse(random, date, kind < 42 ? Reach::kList : Reach::kAny, false, bytes_max);
  }
  ledger_.note_letter(letter.copies.size(), attach);
  return letter;
}

void Traffic::start_thread(Random& random, Reach reach) {
  Thread thread;
  if (reach == Reach::kAny) reach = random.chance(550) ? Reach::kSeveral : Reach::kOne;
  thread.reach = reach;
  thread.topic = prose_.topic(random);
  thread.subject = prose_.title(random, thread.topic);
  thread.project = random.chance(200);
  const auto add = [&](std::uint32_t person) {
    if (std::find(thread.people.begin(), thread.people.end(), person) == thread.people.end()) {
      thread.people.push_back(person);
    }
  };
  const std::uint32_t locals =
      reach == Reach::kOne ? 1
                           : (reach == Reach::kSeveral ? 2 + random.early(4) : 1 + random.early(4));
  for (std::uint32_t index = 0; index < locals; ++index) add(people_.pick_local(random));
  // Whoever has been drawn twice is replaced by a neighbour: several means two at least.
  if (reach == Reach::kSeveral && thread.people.size() < 2) {
    add(static_cast<std::uint32_t>((thread.people[0] + 1) % people_.mailboxes()));
  }
  const std::uint32_t outside = reach == Reach::kOne
                                    ? 1 + random.early(3)
                                    : (reach == Reach::kList ? 12 : random.below(5) / 4);
  for (std::uint32_t index = 0; index < outside; ++index) add(people_.pick_outside(random));
  if (reach == Reach::kList) {
    const std::uint32_t list = random.early(kLists);
    Random names(seed_, kTemplateStream, 1'000 + list);
    thread.list_address = fmt::format("{0}@lists.{0}.example", prose_.name(names));
    thread.subject = fmt::format(
        "[{}] {}", thread.list_address.substr(0, thread.list_address.find('@')), thread.subject);
  }
  threads_.push_back(std::move(thread));
  if (threads_.size() > 60 + 4 * people_.mailboxes()) threads_.pop_front();
}

Traffic::Thread& Traffic::pick_thread(Random& random, Reach reach) {
  if (random.chance(640)) {
    for (int attempt = 0; attempt < 12 && !threads_.empty(); ++attempt) {
      Thread& thread = threads_[threads_.size() - 1 - random.early(threads_.size())];
      const bool fits = reach == Reach::kAny ? thread.reach != Reach::kList : thread.reach == reach;
      if (fits && thread.references.size() < 25) return thread;
    }
  }
  start_thread(random, reach);
  return threads_.back();
}

void Traffic::choose_people(Random& random, Thread& thread, bool attach, Draft& draft) const {
  // An attachment that is to reach one mailbox only comes from outside or stays in Sent; one for
  // several goes from inside to everybody.
  const auto is_local = [&](std::uint32_t index) { return people_.person(index).local(); };
  std::vector<std::uint32_t> writers;
  const bool from_outside =
      thread.reach == Reach::kList || (thread.reach == Reach::kOne && random.chance(700));
  for (const std::uint32_t person : thread.people) {
    if (is_local(person) != from_outside) writers.push_back(person);
  }
  draft.from = random.pick(writers);
  if (draft.from == thread.last_from && writers.size() > 1) draft.from = random.pick(writers);
  for (const std::uint32_t person : thread.people) {
    if (person == draft.from) continue;
    const bool wanted = thread.reach == Reach::kOne ? is_local(person) == from_outside
                                                    : attach || random.chance(750);
    if (wanted) draft.to.push_back(person);
  }
  if (draft.to.empty()) draft.to.push_back(thread.people[thread.people[0] == draft.from ? 1 : 0]);
}

Letter Traffic::converse(Random& random, std::int64_t date, Reach reach, bool attach,
                         std::uint64_t bytes_max) {
  Thread& thread = pick_thread(random, reach);
  Draft draft;
  draft.date = date;
  choose_people(random, thread, attach, draft);
  const Person& from = people_.person(draft.from);
  const Person& to = people_.person(draft.to.front());
  draft.list_address = thread.list_address;
  draft.columns = from.columns;
  draft.references = thread.references;
  draft.subject = (draft.references.empty() ? "" : "Re: ") + thread.subject;
  draft.message_id = new_message_id(random, from.client, people_.company_of(from).domain, date);

  const std::uint64_t text_bytes =
      std::clamp<std::uint64_t>(random.log_normal(750, 900), 30, 3'000 + bytes_max / 16);
  draft.text =
      letter_text(random, prose_, thread.topic, people_, from, to, text_bytes, thread.attribution,
                  random.chance(750) ? thread.last_text : std::string_view());
  if (!draft.list_address.empty()) {
    draft.text += fmt::format(
        "_______________________________________________\n{0} mailing list\n"
        "https://lists.example/listinfo/{0}\n",
        draft.list_address);
  } else if (has_html(random, from.client)) {
    draft.html = html_of(from.client, draft.text);
    const bool logo = people_.company_of(from).has_logo && random.chance(400);
    if (logo) draft.logo = logo_of(random, from.company, bytes_max);
  }
  if (attach) attach_documents(random, thread, reach == Reach::kSeveral, bytes_max, draft);

  thread.attribution =
      fmt::format("On {}, {} wrote:", mail_date(date, people_.company_of(from).zone), from.name);
  thread.references.push_back(draft.message_id);
  thread.last_from = draft.from;
  thread.last_text = draft.text;

  Letter letter;
  letter.date = date;
  // A forwarded file keeps its wrapping unless it is the turn of one that does not.
  bool crlf = random.chance(60);
  std::uint64_t forwarded = 0;
  std::uint64_t largest = 0;
  std::vector<DocumentIndex> files = draft.attachments;
  if (draft.logo >= 0) files.push_back(draft.logo);
  for (const DocumentIndex index : files) {
    const Document& document = documents_[static_cast<std::size_t>(index)];
    if (!document.seen) continue;
    forwarded += document.bytes;
    if (document.bytes <= largest) continue;
    largest = document.bytes;
    crlf = document.first_wrapping.crlf;
    draft.columns = document.first_wrapping.columns;
  }
  // The whole letter is in the other wrapping, for all its readers and its writer.
  if (forwarded > 0 && ledger_.wants_rewrap(forwarded * (draft.to.size() + 1))) {
    draft.columns = draft.columns == 76 ? 72 : 76;
  }
  letter.message = compose(random, people_, draft, documents_);
  address(random, draft, thread, letter);
  finish_copies(random, crlf, letter);
  return letter;
}

Letter Traffic::bulletin(Random& random, std::int64_t date, bool newsletter) {
  // Newsletters: a new issue a week. Notices (invoices, builds, tickets): the same frame around
  // other facts.
  const std::uint64_t designs = 12 + people_.mailboxes() / 4;
  const std::uint64_t design = random.early(designs) + (newsletter ? 0 : 10'000);
  const std::uint64_t issue =
      newsletter ? static_cast<std::uint64_t>(date / (7 * kDaySeconds)) : letters_;
  Draft draft;
  Random names(seed_, kTemplateStream, design);
  draft.from = people_.pick_outside(names);
  draft.to = {people_.pick_local(random)};
  draft.date = date;
  const Person& from = people_.person(draft.from);
  draft.message_id = new_message_id(random, Client::kScript, people_.company_of(from).domain, date);
  Random content(seed_, kIssueStream, mix(design) + issue);
  const Topic topic = prose_.topic(names);
  draft.subject = prose_.title(content, topic);
  draft.text = fmt::format("{}\n\n{}\nhttps://{}/view/", prose_.title(names, topic),
                           prose_.paragraphs(content, topic, newsletter ? 900 : 250, 72),
                           people_.company_of(from).domain);
  random.append_letters(40, kUrlLetters, draft.text);
  draft.text += "\n\n" + prose_.paragraphs(names, topic, 300, 72);
  if (newsletter) draft.html = newsletter_html(seed_, prose_, design, issue, random);

  Letter letter;
  letter.date = date;
  letter.message = compose(random, people_, draft, documents_);
  Thread thread;
  address(random, draft, thread, letter);
  if (newsletter && random.chance(250))
    letter.copies[0].folder = random.chance(500) ? kJunk : kTrash;
  finish_copies(random, false, letter);
  return letter;
}

std::uint32_t Traffic::folder_for(Random& random, const Thread& thread, std::int64_t date) const {
  if (thread.reach == Reach::kList && !thread.list_address.empty() && random.chance(800))
    return kList;
  if (thread.project && random.chance(600)) return kProject;
  if (kStoreDate - date > 200 * kDaySeconds && random.chance(600)) {
    const int year = year_of(date);
    return year == 2024 ? kOldArchive : (year == 2025 ? kNewArchive : kArchive);
  }
  return kInbox;
}

void Traffic::address(Random& random, const Draft& draft, const Thread& thread, Letter& letter) {
  const Person& from = people_.person(draft.from);
  const Person* first = nullptr;
  const bool list = !draft.list_address.empty();
  if (list)
    letter.message.envelope_from = fmt::format(
        "bounces+{}@{}", letters_, draft.list_address.substr(draft.list_address.find('@') + 1));
  for (const std::uint32_t index : list ? thread.people : draft.to) {
    const Person& to = people_.person(index);
    if (!to.local()) continue;
    if (first == nullptr) first = &to;
    Copy copy;
    copy.mailbox = static_cast<std::uint32_t>(to.mailbox);
    copy.folder = folder_for(random, thread, letter.date);
    copy.delivery = delivery_header(random, people_, letter.message.envelope_from, to, letter.date);
    letter.copies.push_back(std::move(copy));
  }
  if (first != nullptr) {
    letter.message.transport = transport_header(
        random, people_, from, *first,
        list ? draft.list_address.substr(draft.list_address.find('@') + 1) : "", letter.date);
  }
  if (from.local()) {
    Copy copy;
    copy.mailbox = static_cast<std::uint32_t>(from.mailbox);
    copy.folder = kSent;
    copy.sent = true;
    letter.copies.push_back(std::move(copy));
  }
}

void Traffic::finish_copies(Random& random, bool crlf, Letter& letter) {
  std::uint64_t attached = 0;
  for (const Piece& piece : letter.message.body) {
    if (piece.document >= 0) attached += documents_[static_cast<std::size_t>(piece.document)].bytes;
  }
  // Which copy is another than the first is chance: the sender's own as well as a receiver's.
  std::rotate(letter.copies.begin(), letter.copies.begin() + random.below(letter.copies.size()),
              letter.copies.end());
  bool first = true;
  for (Copy& copy : letter.copies) {
    copy.crlf = crlf != (!first && attached > 0 && ledger_.wants_rewrap(attached));
    copy.size = copy_size(letter.message, copy.delivery, copy.sent, copy.crlf, documents_);
    const std::uint64_t header = copy.delivery.size() +
                                 (copy.sent ? 0 : letter.message.transport.size()) +
                                 letter.message.header.size();
    ledger_.note_copy(letter.message, copy.crlf, copy.size, header, documents_);
    first = false;
  }
}

}  // namespace mailgen
