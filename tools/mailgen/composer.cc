// SPDX-License-Identifier: Apache-2.0
#include "composer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "body.h"
#include "calendar.h"

namespace mailgen {
namespace {

// What is quoted of the message before; people cut, and programs do.
constexpr std::size_t kQuotedBytesMax = 6'000;

std::string quoted(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    result.append(text.starts_with('>') ? ">" : "> ").append(text.substr(0, end)).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

void append_addresses(const People& people, std::span<const std::uint32_t> who, std::string& out) {
  for (std::size_t index = 0; index < who.size(); ++index) {
    if (index > 0) out.append(",\n\t");
    out.append(mailbox_text(people.person(who[index])));
  }
}

// Lines in the order in which a program writes them; one letter each, see header_line().
std::string_view header_order(Client client) {
  switch (client) {
    case Client::kOutlook:
      return "FTCSODIRNUXVM";
    case Client::kThunderbird:
      return "IDVXSTCRFNM";
    case Client::kApple:
      return "FMVSINRDTCX";
    case Client::kMutt:
      return "DFTCSIRVMNX";
    default:
      return "VRNFDISTCM";
  }
}

class HeaderWriter {
 public:
  HeaderWriter(Random& random, const People& people, const Draft& draft, std::string_view content)
      : random_(random),
        people_(people),
        draft_(draft),
        content_(content),
        from_(people.person(draft.from)) {}

  std::string write() {
    for (const char line : header_order(from_.client)) add(line);
    if (draft_.list_address.empty()) return std::move(out_);
    const std::size_t at = draft_.list_address.find('@');
    const std::string_view name = std::string_view(draft_.list_address).substr(0, at);
    const std::string_view host = std::string_view(draft_.list_address).substr(at + 1);
    put("Precedence: list\nList-Id: <{0}.{1}>\nList-Archive: "
        "<https://{1}/archives/list/{0}/>\nList-Help: "
        "<mailto:{0}-request@{1}?subject=help>\nList-Post: <mailto:{0}@{1}>\nList-Subscribe: "
        "<mailto:{0}-join@{1}>\n"
        "List-Unsubscribe: <mailto:{0}-leave@{1}>\nSender: {0}-bounces@{1}\n",
        name, host);
    return std::move(out_);
  }

 private:
  template <typename... Arguments>
  void put(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
  }
  void add(char line) {
    switch (line) {
      case 'F':
        return put("From: {}\n", mailbox_text(from_));
      case 'T':
        return add_recipients(true);
      case 'C':
        return add_recipients(false);
      case 'S':
        return put("Subject: {}\n", header_text(draft_.subject));
      case 'D':
        return put("Date: {}\n", mail_date(draft_.date, people_.company_of(from_).zone));
      case 'I':
        return put("Message-ID: {}\n", draft_.message_id);
      case 'V':
        return put("MIME-Version: 1.0\n");
      case 'M':
        return put("{}", content_);
      case 'R':
        return add_references();
      case 'N':
        return draft_.references.empty() ? void()
                                         : put("In-Reply-To: {}\n", draft_.references.back());
      case 'O':
        return put("Thread-Topic: {}\nThread-Index: Ad{}\n", header_text(draft_.subject),
                   token(36));
      case 'U':
        return put("Accept-Language: en-US\nContent-Language: en-US\n");
      default:
        return add_program();
    }
  }
  void add_recipients(bool first) {
    if (!draft_.list_address.empty()) return first ? put("To: {}\n", draft_.list_address) : void();
    const std::size_t split = (draft_.to.size() + 1) / 2;
    const std::span<const std::uint32_t> all(draft_.to);
    const auto who = first ? all.first(split) : all.subspan(split);
    if (who.empty()) return;
    out_.append(first ? "To: " : "Cc: ");
    append_addresses(people_, who, out_);
    out_.push_back('\n');
  }
  void add_references() {
    if (draft_.references.empty()) return;
    out_.append("References:");
    for (const std::string& reference : draft_.references)
      out_.append(" ").append(reference).append("\n");
  }
  void add_program() {
    switch (from_.client) {
      case Client::kOutlook:
        return put("X-MS-Has-Attach: {}\nX-MS-TNEF-Correlator:\nx-originating-ip: [{}]\n",
                   draft_.attachments.empty() ? "" : "yes", ip_address(random_));
      case Client::kThunderbird:
        return put("User-Agent: Mozilla Thunderbird\nContent-Language: en-US\n");
      case Client::kApple:
        return put("X-Mailer: Apple Mail (2.3826.400.131.1.6)\n");
      case Client::kMutt:
        return put("User-Agent: Mutt/2.2.12 (2023-09-09)\n");
      default:
        return;
    }
  }
  std::string token(std::size_t count) {
    std::string text;
    random_.append_letters(count, kBase64Letters, text);
    return text;
  }

  Random& random_;
  const People& people_;
  const Draft& draft_;
  std::string_view content_;
  const Person& from_;
  std::string out_;
};

}  // namespace

std::string new_message_id(Random& random, Client client, std::string_view domain,
                           std::int64_t date) {
  std::string token;
  switch (client) {
    case Client::kWeb:
      random.append_letters(40, kUrlLetters, token);
      return fmt::format("<CA{}@mail.webmail.example>", token);
    case Client::kOutlook:
      random.append_letters(32, kUpperHexLetters, token);
      return fmt::format("<{}@{}.prod.exchange.example>", token, token.substr(0, 12));
    case Client::kApple:
    case Client::kThunderbird:
      random.append_letters(32, kHexLetters, token);
      return fmt::format("<{}-{}-{}-{}-{}@{}>", token.substr(0, 8), token.substr(8, 4),
                         token.substr(12, 4), token.substr(16, 4), token.substr(20), domain);
    default:
      random.append_letters(8, kUpperHexLetters, token);
      return fmt::format("<{}.{}@{}>", date, token, domain);
  }
}

std::string letter_text(Random& random, const Prose& prose, const Topic& topic,
                        const People& people, const Person& from, const Person& to,
                        std::size_t bytes, std::string_view attribution,
                        std::string_view answered) {
  if (answered.size() > kQuotedBytesMax)
    answered = answered.substr(0, answered.rfind('\n', kQuotedBytesMax) + 1);
  const bool below = from.client == Client::kThunderbird || from.client == Client::kMutt;
  std::string text;
  if (below && !answered.empty())
    text.append(attribution).append("\n").append(quoted(answered)).append("\n");
  const std::string first_name = to.name.substr(0, to.name.find(' '));
  if (random.chance(650))
    text.append(random.chance(500) ? "Hi " : "Hello ").append(first_name).append(",\n\n");
  // Outlook and phones leave paragraphs on one line; quoted-printable breaks them.
  const bool filled = from.client != Client::kOutlook && from.client != Client::kApple;
  text.append(prose.paragraphs(random, topic, bytes, filled ? 72 : 0));
  constexpr std::array kClosings = {"Best regards,\n", "Thanks,\n", "Cheers,\n", "Kind regards,\n"};
  if (random.chance(600)) {
    text.append(random.pick(kClosings))
        .append(from.name.substr(0, from.name.find(' ')))
        .append("\n\n");
  }
  text.append(from.signature);
  if (random.chance(700)) text.append(people.company_of(from).disclaimer);
  if (!below && !answered.empty()) {
    text.append("\n");
    if (from.client == Client::kOutlook) {
      text.append("-----Original Message-----\n")
          .append(attribution)
          .append("\n\n")
          .append(answered);
    } else {
      text.append(attribution).append("\n\n").append(quoted(answered));
    }
  }
  if (text.back() != '\n') text.push_back('\n');
  return text;
}

Message compose(Random& random, const People& people, const Draft& draft,
                const std::vector<Document>& documents) {
  const Person& from = people.person(draft.from);
  Message message;
  message.envelope_from = from.address;
  const std::string content = compose_body(random, from.client, draft, documents, message.body);
  message.header = HeaderWriter(random, people, draft, content).write();
  return message;
}

}  // namespace mailgen
