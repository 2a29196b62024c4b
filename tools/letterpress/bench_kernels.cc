// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/bench_kernels.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <string_view>

#include "base/limits.h"
#include "chunking/cut_scan.h"
#include "chunking/mark_search.h"
#include "hashing/blake3_batch.h"
#include "hashing/blake3_lanes.h"
#include "mail/base64_kernels.h"
#include "mail/line_search.h"

namespace letterpress::cli {
namespace {

constexpr std::size_t kBytesMax = 64 * kMiB;
constexpr int kRuns = 5;
constexpr mail::Base64Lines kLines{.quanta = 19, .ending_bytes = 1, .ending = '\n'};

Bytes joined(const std::vector<HeldFile>& mail) {
  Bytes all;
  for (const HeldFile& file : mail) {
    if (all.size() >= kBytesMax) break;
    append(all, file.bytes);
  }
  return all;
}

std::vector<ByteView> cut_on(const chunking::MarkKernel& kernel, ByteView rest) {
  const chunking::CutParams params;
  std::vector<ByteView> chunks;
  while (!rest.empty()) {
    const std::size_t length = next_cut_on(kernel, rest.data(), rest.size(), params);
    chunks.push_back(rest.first(length));
    rest = rest.subspan(length);
  }
  return chunks;
}

// Of each file what comes before its first empty line, and behind that the lines with a blank in
// them, which are hardly ever base64. The splitter looks for other lines in the one than in the
// other.
struct Lines {
  Bytes header;
  Bytes text;
};

void add_lines(ByteView bytes, Lines& lines) {
  const std::string_view text = as_text(bytes);
  const std::size_t empty_line = std::min(text.find("\n\n"), text.find("\n\r\n"));
  const std::size_t header_bytes = std::min(empty_line, bytes.size() - 1) + 1;
  append(lines.header, bytes.first(header_bytes));
  bytes = bytes.subspan(header_bytes);
  while (!bytes.empty()) {
    const auto end = std::ranges::find(bytes, '\n');
    const auto line_bytes =
        std::min<std::size_t>(static_cast<std::size_t>(end - bytes.begin()) + 1, bytes.size());
    const ByteView line = bytes.first(line_bytes);
    if (std::ranges::find(line, ' ') != line.end()) append(lines.text, line);
    bytes = bytes.subspan(line_bytes);
  }
}

Lines lines_of(const std::vector<HeldFile>& mail) {
  Lines lines;
  for (const HeldFile& file : mail) {
    if (lines.header.size() + lines.text.size() >= kBytesMax) break;
    if (!file.bytes.empty()) add_lines(file.bytes, lines);
  }
  return lines;
}

// From one line that matters to the next.
void pass_lines(mail::FindLine find, ByteView text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    at = find(text.data(), at, text.size());
    if (at == text.size()) return;
    const void* end = std::memchr(text.data() + at, '\n', text.size() - at);
    if (end == nullptr) return;
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - text.data());
  }
}

// Kernels of a list that may be used, the lowest tier first.
template <class List, class Measure>
void each_tier(const List& list, Measure measure) {
  for (auto kernel = std::rbegin(list); kernel != std::rend(list); ++kernel) measure(*kernel);
}

}  // namespace

double median_seconds(const std::function<void()>& work) {
  std::array<double, kRuns> seconds{};
  for (double& one : seconds) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    one = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  std::ranges::nth_element(seconds, seconds.begin() + kRuns / 2);
  return seconds[kRuns / 2];
}

std::vector<KernelSpeed> measure_kernels(const std::vector<HeldFile>& mail) {
  const Bytes bytes = joined(mail);
  std::vector<KernelSpeed> speeds;
  const auto add = [&](const char* kernel, CpuTier tier, std::size_t count, const auto& work) {
    if (tier > cpu_tier()) return;
    speeds.push_back({kernel, tier, static_cast<double>(count) / median_seconds(work)});
  };

  Bytes copy(bytes.size());
  add("memcpy", CpuTier::kScalar, bytes.size(),
      [&] { std::memcpy(copy.data(), bytes.data(), bytes.size()); });
  const Lines lines = lines_of(mail);
  each_tier(mail::line_kernels(), [&](const mail::LineKernel* kernel) {
    add("lines of text", kernel->tier, lines.text.size(),
        [&] { pass_lines(kernel->find_body_line, lines.text); });
  });
  each_tier(mail::line_kernels(), [&](const mail::LineKernel* kernel) {
    add("lines of headers", kernel->tier, lines.header.size(),
        [&] { pass_lines(kernel->find_header_line, lines.header); });
  });
  each_tier(chunking::mark_kernels(), [&](const chunking::MarkKernel& kernel) {
    add("cut points", kernel.tier, bytes.size(), [&] { cut_on(kernel, bytes); });
  });
  const std::vector<ByteView> chunks = cut_on(chunking::mark_kernels().back(), bytes);
  std::vector<ChunkId> ids(chunks.size());
  const HashKey key{};
  each_tier(hashing::lanes_kernels(), [&](const hashing::LanesKernel& kernel) {
    add("chunk ids", kernel.tier, bytes.size(),
        [&] { hash_many_on(kernel, chunks, &key, ids.data()); });
  });
  const std::size_t line_count = bytes.size() / kLines.line_bytes();
  Bytes text(line_count * kLines.line_bytes());
  each_tier(mail::base64_kernels(), [&](const mail::Base64Kernel* kernel) {
    add("base64 encode", kernel->tier, text.size(),
        [&] { kernel->encode_lines(bytes.data(), line_count, kLines, text.data()); });
  });
  each_tier(mail::base64_kernels(), [&](const mail::Base64Kernel* kernel) {
    add("base64 decode", kernel->tier, text.size(),
        [&] { kernel->decode_lines(text.data(), line_count, kLines, copy.data()); });
  });
  return speeds;
}

}  // namespace letterpress::cli
