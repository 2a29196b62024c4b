// SPDX-License-Identifier: Apache-2.0
// Parity of any data members, and what comes back when up to m members are gone.
// Invariants: within the limits every set of k members gives the others back, byte for byte, parity
// too; members may be added in any order; counts out of the limits are refused.
#include <algorithm>
#include <numeric>

#include "fuzz_input.h"
#include "require.h"
#include "vault/volumes/stripe_code.h"

namespace {

namespace vault = letterpress::vault;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;

// Numbers 0 .. count - 1 in the order that the input says.
std::vector<unsigned> shuffled(FuzzInput& input, unsigned count) {
  std::vector<unsigned> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0U);
  for (unsigned i = count; i > 1; --i) std::swap(numbers[i - 1], numbers[input.up_to(i - 1)]);
  return numbers;
}

std::vector<Bytes> made_members(FuzzInput& input, const vault::StripeCode& code,
                                const std::vector<unsigned>& order, std::size_t bytes) {
  const vault::VolumeCounts counts = code.counts();
  std::vector<Bytes> members(counts.all(), Bytes(bytes));
  for (unsigned i = 0; i < counts.data; ++i)
    std::ranges::copy(input.take(bytes), members[i].begin());
  std::vector<std::uint8_t*> parity;
  for (unsigned i = counts.data; i < counts.all(); ++i) parity.push_back(members[i].data());
  for (const unsigned index : order) {
    if (index < counts.data) code.add(index, members[index], parity);
  }
  return members;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const vault::VolumeCounts counts{static_cast<unsigned>(input.up_to(21)),
                                   static_cast<unsigned>(input.up_to(9))};
  const auto code = vault::StripeCode::make(counts);
  require(letterpress::fuzz::succeeds(code) ==
          letterpress::fuzz::succeeds(vault::check_counts(counts)));
  if (!code) return 0;
  require(counts.all() <= vault::kVolumesMax && counts.parity <= vault::kParityVolumesMax);
  const std::vector<unsigned> order = shuffled(input, counts.all());
  const std::size_t bytes = 1 + input.size_up_to(200);
  const std::vector<Bytes> members = made_members(input, *code, order, bytes);
  // The first k of the order are there, the others are gone.
  const std::vector<unsigned> sources(order.begin(), order.begin() + counts.data);
  const std::vector<unsigned> targets(order.begin() + counts.data, order.end());
  const vault::Recovery recovery = letterpress::fuzz::take(code->recover(sources, targets));
  std::vector<const std::uint8_t*> from;
  for (const unsigned source : sources) from.push_back(members[source].data());
  std::vector<Bytes> back(targets.size(), Bytes(bytes, 0xee));
  std::vector<std::uint8_t*> to;
  for (Bytes& target : back) to.push_back(target.data());
  recovery.run(from, to, bytes);
  for (std::size_t i = 0; i < targets.size(); ++i) require(back[i] == members[targets[i]]);
  return 0;
}
