// SPDX-License-Identifier: Apache-2.0
// Undoes base64 with every irregularity and prints `LAYOUT STORED TEXT` in hexadecimal, one run a
// line, for tests/oracle/base64_layout.py, which reads layouts by the document alone.
#include <cstdio>

#include "mail/base64_transform.h"
#include "mail/mail_text.h"

namespace letterpress::test {
namespace {

std::string hex(ByteView bytes) {
  std::string text;
  char digits[3];
  for (const std::uint8_t byte : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(byte));
    text += digits;
  }
  return text.empty() ? "-" : text;
}

// Some characters in lines of one length, of which some are odd.
std::string irregular(std::string_view characters, std::mt19937& random) {
  constexpr std::string_view kEndings[] = {"\n", "\r\n", " \n", " \r\n", "\n\n", "  \t\n"};
  constexpr std::size_t kLengths[] = {76, 72, 64, 60, 61, 100, 2047, 19};
  const std::size_t usual = kLengths[random() % std::size(kLengths)];
  const std::string_view ending = kEndings[random() % std::size(kEndings)];
  const bool is_regular = random() % 3 == 0;
  std::string text(is_regular ? 0 : random() % 2, '\n');
  for (std::size_t at = 0; at < characters.size();) {
    const bool is_odd = !is_regular && random() % 8 == 0;
    const std::size_t size = is_odd ? 1 + random() % (2 * usual) : usual;
    text += characters.substr(at, size);
    text += is_odd ? kEndings[random() % std::size(kEndings)] : ending;
    at += size;
  }
  if (random() % 4 == 0) text.pop_back();
  return text;
}

}  // namespace
}  // namespace letterpress::test

int main() {
  using letterpress::Bytes;
  std::mt19937 random(23);
  for (unsigned round = 0; round < 3000; ++round) {
    const Bytes bytes = letterpress::test::random_bytes(1 + random() % 3000, round);
    std::string characters = letterpress::test::plain_base64(bytes);
    while (random() % 4 == 0 && characters.back() == '=') characters.pop_back();
    const std::string text = letterpress::test::irregular(characters, random) + "\n--\n";
    letterpress::UnsetBytes decoded;
    Bytes layout;
    const auto run =
        letterpress::mail::undo_base64(letterpress::as_bytes(text), true, decoded, layout);
    if (run.text_bytes == 0) continue;
    const auto undone = letterpress::as_bytes(text).first(run.text_bytes);
    std::printf("%s %s %s\n", letterpress::test::hex(layout).c_str(),
                letterpress::test::hex(decoded).c_str(), letterpress::test::hex(undone).c_str());
  }
  return 0;
}
