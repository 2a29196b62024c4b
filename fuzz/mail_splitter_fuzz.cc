// SPDX-License-Identifier: Apache-2.0
// Splits any bytes, as the format that they are recognised as or as any other, in up to four
// segments at borders that the input chooses.
// Invariants: the pieces cover each segment exactly, in order; every piece rebuilds to its bytes;
// only base64 has a layout; a border that segment_end() gives lies where it was asked for or behind
// it; the same bytes split the same way twice.
#include <algorithm>

#include "fuzz_input.h"
#include "mail/format.h"
#include "require.h"
#include "split_check.h"

namespace {

namespace mail = letterpress::mail;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;

void check_segment_end(ByteView bytes, std::size_t from, mail::Format format) {
  const std::size_t end = mail::segment_end(bytes, from, format);
  require(end <= bytes.size() && end >= from && (end > 0 || bytes.empty()));
  static_cast<void>(mail::is_message_start(bytes, end));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const auto forced = input.up_to(7);
  std::array<std::uint64_t, 3> borders{};
  for (std::uint64_t& border : borders) border = input.up_to(0xffff);
  const ByteView bytes = input.rest();
  const mail::Format format =
      forced < 4 ? static_cast<mail::Format>(forced) : mail::recognise(bytes);
  check_segment_end(bytes, static_cast<std::size_t>(borders[0] % (bytes.size() + 1)), format);
  mail::Splitter splitter(format);
  mail::Splitter again(format);
  ByteView rest = bytes;
  for (const std::uint64_t border : borders) {
    const ByteView segment = rest.first(static_cast<std::size_t>(border % (rest.size() + 1)));
    letterpress::fuzz::check_split(splitter, again, segment);
    rest = rest.subspan(segment.size());
  }
  letterpress::fuzz::check_split(splitter, again, rest);
  return 0;
}
