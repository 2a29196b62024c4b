// SPDX-License-Identifier: Apache-2.0
/// Who writes: companies, the people in them, and the machines and programs they use. The first
/// companies are the store's own domains, their people have mailboxes; the rest of the world is
/// outside. Immutable after construction. All names end in .example, all addresses are those set
/// aside for documents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prose.h"
#include "random.h"

namespace mailgen {

/// How a company's mail travels, which decides the look of the transport headers.
enum class Provider : std::uint8_t { kPlain, kWeb, kExchange };
/// What a person writes with.
enum class Client : std::uint8_t { kWeb, kOutlook, kThunderbird, kApple, kMutt, kScript };

struct Company {
  std::string name;
  std::string domain;
  Provider provider = Provider::kPlain;
  int zone = 0;  ///< minutes east of UTC
  std::string relay;
  std::string disclaimer;
  bool has_logo = false;
  std::uint64_t house = 0;
};

struct Person {
  std::string name;
  std::string address;
  std::uint32_t company = 0;
  Client client = Client::kWeb;
  std::string signature;
  std::uint8_t columns = 76;  ///< of this person's base64
  bool local() const { return mailbox >= 0; }
  std::int64_t mailbox = -1;
};

class People {
 public:
  /// `mailboxes` people at home, about six outside for each.
  People(std::uint64_t seed, const Prose& prose, std::size_t mailboxes);

  const std::vector<Company>& companies() const { return companies_; }
  const Person& person(std::uint32_t index) const { return people_[index]; }
  const Company& company_of(const Person& person) const { return companies_[person.company]; }
  std::size_t mailboxes() const { return mailboxes_; }
  std::size_t local_companies() const { return local_companies_; }
  /// Busy people come up more often than quiet ones.
  std::uint32_t pick_local(Random& random) const { return random.early(mailboxes_); }
  std::uint32_t pick_outside(Random& random) const {
    return static_cast<std::uint32_t>(mailboxes_) + random.early(people_.size() - mailboxes_);
  }

 private:
  void add_company(Random& random, const Prose& prose);
  void add_person(Random& random, std::uint32_t company, const Prose& prose);

  std::vector<Company> companies_;
  std::vector<Person> people_;
  std::size_t mailboxes_;
  std::size_t local_companies_;
};

/// "Name <address>" with the name encoded as RFC 2047 wants when it is not ASCII.
std::string mailbox_text(const Person& person);
/// `text` as it may stand in a header.
std::string header_text(std::string_view text);
/// An IPv4 address from the ranges of RFC 5737.
std::string ip_address(Random& random);

}  // namespace mailgen
