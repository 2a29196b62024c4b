// SPDX-License-Identifier: Apache-2.0
// Cuts any bytes, repeated as often as the input says so that there is enough to cut, with any
// parameters.
// Invariants: every tier gives the cut of the scalar one; a cut is of min to max bytes or the end
// of the data; a cut that is not the end stays, whatever follows and wherever the data is split;
// never more chunks than bytes / min + 1.
#include <algorithm>

#include "base/cpu.h"
#include "chunking/cut_scan.h"
#include "fuzz_input.h"
#include "require.h"

namespace {

namespace chunking = letterpress::chunking;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;

chunking::CutParams chosen_params(FuzzInput& input) {
  chunking::CutParams params;
  params.chunk_bytes_avg = 1U << input.from_to(10, 12);
  params.chunk_bytes_min = static_cast<std::uint32_t>(input.from_to(64, params.chunk_bytes_avg));
  params.chunk_bytes_max =
      static_cast<std::uint32_t>(input.from_to(params.chunk_bytes_avg, 16 * 1024));
  return params;
}

Bytes repeated(FuzzInput& input) {
  const auto times = input.from_to(1, 64);
  const std::size_t zeros = input.size_up_to(8192);
  const ByteView pattern = input.rest();
  Bytes bytes(pattern.begin(), pattern.end());
  for (std::uint64_t i = 1; i < times && bytes.size() < 32 * 1024; ++i) {
    // A little different each time, so that there is more than one period.
    bytes.push_back(static_cast<std::uint8_t>(i * 37));
    append(bytes, pattern);
  }
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2), zeros, 0);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const chunking::CutParams params = chosen_params(input);
  require(letterpress::fuzz::succeeds(chunking::validate(params)));
  const std::uint64_t split = input.up_to(0xffff);
  const Bytes bytes = repeated(input);
  const auto kernels = chunking::mark_kernels();
  std::size_t chunks = 0;
  for (std::size_t at = 0; at < bytes.size(); ++chunks) {
    // A copy as long as the rest, so that AddressSanitizer sees what is read beside it.
    const Bytes rest(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end());
    const std::size_t cut = chunking::next_cut_on(kernels.back(), rest.data(), rest.size(), params);
    require(cut > 0 && cut <= rest.size() && cut <= params.chunk_bytes_max);
    require(cut >= params.chunk_bytes_min || cut == rest.size());
    for (const chunking::MarkKernel& kernel : kernels) {
      if (kernel.tier > letterpress::cpu_tier()) continue;
      require(chunking::next_cut_on(kernel, rest.data(), rest.size(), params) == cut);
    }
    const auto shorter = static_cast<std::size_t>(split % (rest.size() + 1));
    const Bytes begin(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(shorter));
    require(chunking::next_cut(begin.data(), begin.size(), params) == std::min(cut, shorter));
    at += cut;
  }
  require(chunks <= bytes.size() / params.chunk_bytes_min + 1);
  return 0;
}
