// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/stripe_code.h"

#include <isa-l/erasure_code.h>

#include <algorithm>
#include <string>

#include "base/assert.h"

namespace letterpress::vault {

namespace {

constexpr std::size_t kTableBytes = 32;  // of ISA-L, for each coefficient
// ISA-L counts in int.
constexpr std::size_t kRunBytesMax = std::size_t{1} << 28;

Bytes make_tables(unsigned sources, unsigned targets, const std::uint8_t* coefficients) {
  Bytes copy(coefficients, coefficients + std::size_t{sources} * targets);
  Bytes tables(kTableBytes * sources * targets);
  ec_init_tables(static_cast<int>(sources), static_cast<int>(targets), copy.data(), tables.data());
  return tables;
}

}  // namespace

Status check_counts(VolumeCounts counts) {
  std::string what;
  if (counts.parity < 1) what = "at least one volume is parity";
  if (counts.data < 1) what = "there are more volumes than parity";
  if (counts.parity > kParityVolumesMax) {
    what = "at most " + std::to_string(kParityVolumesMax) + " volumes are parity";
  }
  if (counts.all() > kVolumesMax) {
    what = "a set has at most " + std::to_string(kVolumesMax) + " volumes";
  }
  if (what.empty()) return Ok{};
  return Error(ErrorCode::kInvalidArgument,
               "a set of " + std::to_string(counts.all()) + " volumes with parity " +
                   std::to_string(counts.parity) + " cannot be: " + what);
}

void Recovery::run(std::span<const std::uint8_t* const> sources,
                   std::span<std::uint8_t* const> targets, std::size_t count) const {
  LETTERPRESS_ASSERT(sources.size() == source_count_ && targets.size() == target_count_);
  // ISA-L takes its sources as if it wrote to them, and its tables too.
  std::vector<std::uint8_t*> from;
  for (const std::uint8_t* source : sources) from.push_back(const_cast<std::uint8_t*>(source));
  std::vector<std::uint8_t*> to(targets.begin(), targets.end());
  auto* const tables = const_cast<std::uint8_t*>(tables_.data());
  for (std::size_t done = 0; done < count;) {
    const std::size_t part = std::min(count - done, kRunBytesMax);
    ec_encode_data(static_cast<int>(part), static_cast<int>(source_count_),
                   static_cast<int>(target_count_), tables, from.data(), to.data());
    for (std::uint8_t*& source : from) source += part;
    for (std::uint8_t*& target : to) target += part;
    done += part;
  }
}

StripeCode::StripeCode(VolumeCounts counts)
    : counts_(counts), matrix_(std::size_t{counts.all()} * counts.data) {
  gf_gen_cauchy1_matrix(matrix_.data(), static_cast<int>(counts.all()),
                        static_cast<int>(counts.data));
  parity_tables_ = make_tables(counts.data, counts.parity,
                               matrix_.data() + std::size_t{counts.data} * counts.data);
}

Result<StripeCode> StripeCode::make(VolumeCounts counts) {
  LETTERPRESS_TRY(check_counts(counts));
  return StripeCode(counts);
}

void StripeCode::add(unsigned index, ByteView data, std::span<std::uint8_t* const> parity) const {
  LETTERPRESS_ASSERT(index < counts_.data && parity.size() == counts_.parity);
  std::vector<std::uint8_t*> to(parity.begin(), parity.end());
  auto* const tables = const_cast<std::uint8_t*>(parity_tables_.data());
  while (!data.empty()) {
    const ByteView part = data.first(std::min(data.size(), kRunBytesMax));
    ec_encode_data_update(static_cast<int>(part.size()), static_cast<int>(counts_.data),
                          static_cast<int>(counts_.parity), static_cast<int>(index), tables,
                          const_cast<std::uint8_t*>(part.data()), to.data());
    for (std::uint8_t*& target : to) target += part.size();
    data = data.subspan(part.size());
  }
}

Result<Recovery> StripeCode::recover(const std::vector<unsigned>& sources,
                                     const std::vector<unsigned>& targets) const {
  const std::size_t k = counts_.data;
  LETTERPRESS_ASSERT(sources.size() == k);
  Bytes known;
  for (const unsigned source : sources) append(known, ByteView(matrix_).subspan(source * k, k));
  Bytes inverse(k * k);
  if (gf_invert_matrix(known.data(), inverse.data(), static_cast<int>(k)) != 0) {
    return Error(ErrorCode::kCorrupt, "a stripe cannot be solved: its matrix has no inverse");
  }
  // Row of the target, times the inverse: how it follows from the sources.
  Bytes rows(targets.size() * k);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    for (std::size_t column = 0; column < k; ++column) {
      std::uint8_t sum = 0;
      for (std::size_t j = 0; j < k; ++j) {
        sum ^= gf_mul(matrix_[targets[i] * k + j], inverse[j * k + column]);
      }
      rows[i * k + column] = sum;
    }
  }
  Recovery recovery;
  recovery.source_count_ = counts_.data;
  recovery.target_count_ = static_cast<unsigned>(targets.size());
  if (!targets.empty()) {
    recovery.tables_ = make_tables(counts_.data, recovery.target_count_, rows.data());
  }
  return recovery;
}

}  // namespace letterpress::vault
