// SPDX-License-Identifier: Apache-2.0
#include "people.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base64.h"
#include "drawn_text.h"

namespace mailgen {
namespace {

constexpr auto kFirstNames = std::to_array<std::string_view>(
    {"Anna",         "Ben",       "Carla",   "David",   "Elena",  "Frank",         "Grace",
     "Henry",        "Ines",      "Jack",    "Karen",   "Louis",  "Maria",         "Nathan",
     "Olga",         "Peter",     "Quentin", "Rosa",    "Sam",    "Tina",          "Ulrich",
     "Vera",         "Walter",    "Xavier",  "Yvonne",  "Zoe",    "Martin",        "Laura",
     "Simon",        "Julia",     "Thomas",  "Claudia", "Robert", "Sandra",        "Michael",
     "Susan",        "Daniel",    "Emma",    "Oliver",  "Nora",   "J\xc3\xbcrgen", "Ren\xc3\xa9",
     "Bj\xc3\xb6rn", "Zo\xc3\xab"});
constexpr auto kLastNames = std::to_array<std::string_view>({"Adams",
                                                             "Baker",
                                                             "Carter",
                                                             "Dawson",
                                                             "Evans",
                                                             "Fischer",
                                                             "Garcia",
                                                             "Hansen",
                                                             "Ivanov",
                                                             "Jensen",
                                                             "Keller",
                                                             "Larsen",
                                                             "Martin",
                                                             "Novak",
                                                             "Olsen",
                                                             "Peters",
                                                             "Quinn",
                                                             "Rossi",
                                                             "Schmidt",
                                                             "Taylor",
                                                             "Urban",
                                                             "Vogel",
                                                             "Weber",
                                                             "Young",
                                                             "Zimmer",
                                                             "Brown",
                                                             "Clark",
                                                             "Dubois",
                                                             "Ferrari",
                                                             "Green",
                                                             "Hughes",
                                                             "Kowalski",
                                                             "Lewis",
                                                             "Moreau",
                                                             "Nguyen",
                                                             "Parker",
                                                             "Robin",
                                                             "Santos",
                                                             "Turner",
                                                             "Walker",
                                                             "M\xc3\xbcller",
                                                             "Garc\xc3\xad"
                                                             "a",
                                                             "S\xc3\xb8rensen",
                                                             "Lef\xc3\xa8vre"});
constexpr auto kTitles = std::to_array<std::string_view>(
    {"Sales Manager", "Software Engineer", "Head of Finance", "Project Manager", "Office Manager",
     "Managing Director", "Support Engineer", "Account Executive", "Product Manager",
     "Legal Counsel"});
constexpr auto kForms = std::to_array<std::string_view>({"Ltd", "GmbH", "Inc", "AG", "BV", "LLC"});
constexpr auto kZones = std::to_array<int>({0, 60, 60, 60, 120, -300, -300, -360, -480, 330, 540});

// A local part is ASCII: the letters outside it are dropped with what makes them.
std::string plain_letters(std::string_view name) {
  std::string result;
  for (const char letter : name) {
    if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')) {
      result.push_back(static_cast<char>(letter | 0x20));
    }
  }
  return result;
}

Client pick_client(Random& random, Provider provider) {
  if (provider == Provider::kWeb) return random.chance(800) ? Client::kWeb : Client::kApple;
  if (provider == Provider::kExchange)
    return random.chance(850) ? Client::kOutlook : Client::kApple;
  constexpr std::array kUsual = {Client::kThunderbird, Client::kThunderbird, Client::kApple,
                                 Client::kMutt,        Client::kOutlook,     Client::kScript};
  return random.pick(kUsual);
}

}  // namespace

std::string ip_address(Random& random) {
  constexpr std::array kNetworks = {"192.0.2", "198.51.100", "203.0.113"};
  std::string address;
  append_drawn(address, "{}.{}", Drawn{random.pick(kNetworks), random.between(1, 254)});
  return address;
}

std::string header_text(std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 127; });
  return plain ? std::string(text) : fmt::format("=?UTF-8?B?{}?=", base64_word(text));
}

std::string mailbox_text(const Person& person) {
  return fmt::format("{} <{}>", header_text(person.name), person.address);
}

People::People(std::uint64_t seed, const Prose& prose, std::size_t mailboxes)
    : mailboxes_(mailboxes), local_companies_(1 + mailboxes / 12) {
  Random random(seed, kPeopleStream);
  const std::size_t outside = mailboxes * 6 + 40;
  while (companies_.size() < local_companies_ + outside / 3) add_company(random, prose);
  for (std::size_t index = 0; index < mailboxes; ++index) {
    add_person(random, static_cast<std::uint32_t>(index % local_companies_), prose);
    people_.back().mailbox = static_cast<std::int64_t>(index);
  }
  for (std::size_t index = 0; index < outside; ++index) {
    const std::uint32_t company = random.early(companies_.size() - local_companies_);
    add_person(random, static_cast<std::uint32_t>(local_companies_) + company, prose);
  }
}

void People::add_company(Random& random, const Prose& prose) {
  Company company;
  const std::string word(prose.name(random));
  company.name = fmt::format("{} {}", capitalized(word), random.pick(kForms));
  company.domain = fmt::format("{}{}.example", word, companies_.size());
  constexpr std::array kProviders = {Provider::kPlain, Provider::kWeb, Provider::kWeb,
                                     Provider::kExchange, Provider::kExchange};
  company.provider = random.pick(kProviders);
  company.zone = random.pick(kZones);
  company.relay = fmt::format("mail{}.{}", random.between(1, 9), company.domain);
  if (random.chance(200)) {
    const Topic topic = prose.topic(random);
    company.disclaimer = prose.paragraphs(random, topic, 350, 72);
  }
  company.has_logo = random.chance(400);
  company.house = random.next() | 1U;
  companies_.push_back(std::move(company));
}

void People::add_person(Random& random, std::uint32_t company_index, const Prose& prose) {
  const Company& company = companies_[company_index];
  Person person;
  const std::string_view first = random.pick(kFirstNames);
  const std::string_view last = random.pick(kLastNames);
  person.name = fmt::format("{} {}", first, last);
  person.company = company_index;
  // The number keeps addresses apart; names repeat as they do in life.
  person.address = fmt::format("{}.{}{}@{}", plain_letters(first), plain_letters(last),
                               people_.size() % 97, company.domain);
  person.client = pick_client(random, company.provider);
  // usrp-users has 75 % of base64 in 76 columns and 25 % in 72; 64 is what scripts around openssl
  // write.
  person.columns =
      person.client == Client::kThunderbird ? 72 : (person.client == Client::kScript ? 64 : 76);
  if (random.chance(750)) {
    append_drawn(person.signature, "-- \n{}\n{}, {}\nTel. +{} {} {}\nhttps://www.{}/\n",
                 Drawn{person.name, random.pick(kTitles), company.name, random.between(1, 99),
                       random.between(100, 999), random.between(100'000, 999'999), company.domain});
    if (random.chance(200)) prose.sentence(random, prose.topic(random), person.signature);
    if (person.signature.back() != '\n') person.signature.push_back('\n');
  }
  people_.push_back(std::move(person));
}

}  // namespace mailgen
