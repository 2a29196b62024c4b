// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/check_volumes.h"

#include <algorithm>
#include <utility>

#include "base/cancel.h"
#include "pipeline/ordered_work.h"
#include "vault/sealing/sealed_check.h"
#include "vault/volumes/member_spares.h"
#include "vault/volumes/stripe_scan.h"

namespace letterpress::vault {

namespace {

constexpr std::size_t kRangesNamed = 4;

struct CheckedStripe {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  std::vector<VolumeDamage> damage;
  std::vector<VolumeDamage> lost;
};

// Bad pieces of one file, as ranges of bytes; neighbours join.
class BadRanges {
 public:
  void add(std::uint64_t begin, std::uint64_t end) {
    if (!ranges_.empty() && ranges_.back().second == begin) {
      ranges_.back().second = end;
    } else {
      ranges_.emplace_back(begin, end);
    }
  }
  bool empty() const noexcept { return ranges_.empty(); }
  std::string text() const {
    std::string out;
    const std::size_t shown = std::min(ranges_.size(), kRangesNamed);
    for (std::size_t i = 0; i < shown; ++i) {
      if (i > 0) out += ", ";
      out += std::to_string(ranges_[i].first);
      out += " to " + std::to_string(ranges_[i].second);
    }
    if (shown < ranges_.size()) {
      out += " and " + std::to_string(ranges_.size() - shown) + " more";
    }
    return out;
  }

 private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;
};

class Check {
 public:
  Check(const VolumeSet& set, const StripeCode& code, const CheckVolumesOptions& options)
      : set_(set), code_(code), options_(options) {
    for (std::uint64_t s = 0; s < set.manifest.stripe_count(); ++s) total_ += bytes_at_hand(s);
    for (const VolumeFile& file : set.manifest.copies) total_ += file.bytes * set.volumes.size();
  }

  Status work(CheckedStripe& stripe) const;
  void take(CheckedStripe& stripe) {
    for (const VolumeDamage& damage : stripe.damage) note_damage(damage);
    for (const VolumeDamage& lost : stripe.lost) note_lost(lost);
    advance(stripe.bytes);
  }
  Status check_copies();
  void note_damage(const VolumeDamage& damage) {
    ++report_.damage;
    if (options_.on_damage) options_.on_damage(damage);
  }
  const CheckVolumesReport& report() const noexcept { return report_; }

 private:
  void check_tags(CheckedStripe& stripe) const;
  void check_member(std::uint64_t stripe, unsigned member, const BadRanges& bad, bool has_tags,
                    std::vector<VolumeDamage>& damage) const;
  void check_spares(std::uint64_t stripe, unsigned member, const std::vector<PieceTag>& tags,
                    std::vector<VolumeDamage>& damage) const;
  std::uint64_t bytes_at_hand(std::uint64_t stripe) const;
  void note_lost(const VolumeDamage& lost) {
    ++report_.lost;
    if (options_.on_lost) options_.on_lost(lost);
  }
  void advance(std::uint64_t bytes) {
    report_.file_bytes += bytes;
    if (options_.on_progress) options_.on_progress(report_.file_bytes, total_);
  }
  const Volume* volume_at_hand(unsigned number) const {
    const auto found = std::ranges::find_if(
        set_.volumes, [&](const Volume& volume) { return volume.number == number; });
    return found == set_.volumes.end() ? nullptr : &*found;
  }

  const VolumeSet& set_;
  const StripeCode& code_;
  const CheckVolumesOptions& options_;
  std::uint64_t total_ = 0;
  CheckVolumesReport report_;
};

std::uint64_t Check::bytes_at_hand(std::uint64_t stripe) const {
  std::uint64_t bytes = 0;
  for (unsigned member = 0; member < set_.manifest.counts.all(); ++member) {
    const bool is_there = volume_at_hand(set_.manifest.volume_of(stripe, member)) != nullptr;
    if (is_there) bytes += set_.manifest.member_bytes(stripe, member);
  }
  return bytes;
}

Status Check::work(CheckedStripe& stripe) const {
  LETTERPRESS_TRY(check_cancel(options_.cancel));
  const unsigned count = set_.manifest.counts.all();
  std::vector<BadRanges> bad(count);
  std::vector<BadRanges> lost(count);
  StripeScan scan(set_, code_, stripe.number, 0);
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const bool has, scan.next());
    if (!has) break;
    for (unsigned member = 0; member < count; ++member) {
      const std::size_t used = scan.member(member).size();
      for (std::size_t row = 0; row * kPieceBytes < used; ++row) {
        const std::uint64_t begin = scan.offset() + row * kPieceBytes;
        const std::uint64_t end = scan.offset() + std::min(used, (row + 1) * kPieceBytes);
        const PieceState state = scan.state(member, row);
        if (state != PieceState::kGood) bad[member].add(begin, end);
        if (state == PieceState::kLost) lost[member].add(begin, end);
      }
    }
  }
  stripe.bytes = bytes_at_hand(stripe.number);
  check_tags(stripe);
  for (unsigned member = 0; member < count; ++member) {
    check_member(stripe.number, member, bad[member], scan.tags().has_value(), stripe.damage);
    if (scan.tags()) {
      check_spares(stripe.number, member, scan.tags()->spares[member], stripe.damage);
    }
    if (!lost[member].empty() && member < set_.manifest.counts.data) {
      stripe.lost.push_back({set_.manifest.member_path(stripe.number, member),
                             "bytes " + lost[member].text() +
                                 " cannot be brought back: more than " +
                                 std::to_string(set_.manifest.counts.parity) +
                                 " volumes are damaged there or not at hand"});
    }
  }
  return Ok{};
}

void Check::check_tags(CheckedStripe& stripe) const {
  const std::string path = tags_path(stripe.number);
  for (const Volume& volume : set_.volumes) {
    const std::string file = volume.storage->full_path(path);
    const Result<Bytes> bytes =
        volume.storage->read(path, 0, tags_file_bytes(set_.manifest, stripe.number) + 1);
    if (!bytes) {
      stripe.damage.push_back({file, bytes.error().message()});
    } else if (const auto tags = set_.check_tags(stripe.number, *bytes, file); !tags) {
      stripe.damage.push_back({file, tags.error().message()});
    }
  }
}

// A member whose volume is at hand: is it there, that long, and good?
void Check::check_member(std::uint64_t stripe, unsigned member, const BadRanges& bad, bool has_tags,
                         std::vector<VolumeDamage>& damage) const {
  const std::string path = set_.manifest.member_path(stripe, member);
  const unsigned number = set_.manifest.volume_of(stripe, member);
  const Volume* const volume = volume_at_hand(number);
  if (path.empty() || volume == nullptr) return;
  const std::string file = volume->storage->full_path(path);
  const Result<std::uint64_t> size = volume->storage->size(path);
  const std::uint64_t expected = set_.manifest.member_bytes(stripe, member);
  if (!size) {
    damage.push_back({file, size.error().message()});
  } else if (*size != expected) {
    damage.push_back(
        {file, "has " + std::to_string(*size) + " bytes instead of " + std::to_string(expected)});
  } else if (!bad.empty()) {
    damage.push_back({file, has_tags ? "bytes " + bad.text() + " are damaged" : "is damaged"});
  }
}

void Check::check_spares(std::uint64_t stripe, unsigned member, const std::vector<PieceTag>& tags,
                         std::vector<VolumeDamage>& damage) const {
  const Volume* const volume = volume_at_hand(set_.manifest.volume_of(stripe, member));
  if (tags.empty() || volume == nullptr) return;
  const std::string path = spare_path(stripe, member);
  const std::size_t expected = spare_shape(set_.manifest.member_bytes(stripe, member)).file_bytes();
  const Result<Bytes> spares = volume->storage->read(path, 0, expected + 1);
  if (spares && spares->size() == expected && tags_of(*spares) == tags) return;
  damage.push_back({volume->storage->full_path(path),
                    spares ? "is damaged; the member that it belongs to has no spares then"
                           : spares.error().message()});
}

Status Check::check_copies() {
  for (const VolumeFile& file : set_.manifest.copies) {
    bool is_anywhere = false;
    for (const Volume& volume : set_.volumes) {
      LETTERPRESS_TRY(check_cancel(options_.cancel));
      const Result<FileDigest> digest = digest_file(*volume.storage, file.path);
      const bool is_good = digest && digest->bytes == file.bytes && digest->sha256 == file.sha256;
      is_anywhere = is_anywhere || is_good;
      advance(file.bytes);
      if (is_good) continue;
      note_damage({volume.storage->full_path(file.path),
                   digest ? "is not the file that the set has: its SHA-256 differs"
                          : digest.error().message()});
    }
    if (!is_anywhere && kind_of_path(file.path) != PathKind::kCompanion) {
      note_lost({file.path, "is damaged or missing on every volume at hand"});
    }
  }
  return Ok{};
}

}  // namespace

Result<CheckVolumesReport> check_volumes(const VolumeSet& set, const CheckVolumesOptions& options) {
  LETTERPRESS_TRY_ASSIGN(const StripeCode code, StripeCode::make(set.manifest.counts));
  Check check(set, code, options);
  for (const VolumeDamage& damage : set.damage) check.note_damage(damage);
  LETTERPRESS_TRY(check.check_copies());
  std::uint64_t next = 0;
  LETTERPRESS_TRY(pipeline::do_ordered<CheckedStripe>(
      options.threads, {.make = [&]() -> Result<std::unique_ptr<CheckedStripe>> {
                          if (next >= set.manifest.stripe_count())
                            return std::unique_ptr<CheckedStripe>();
                          auto stripe = std::make_unique<CheckedStripe>();
                          stripe->number = next++;
                          return stripe;
                        },
                        .work = [&](CheckedStripe& stripe) { return check.work(stripe); },
                        .take = [&](CheckedStripe& stripe) { check.take(stripe); }}));
  return check.report();
}

}  // namespace letterpress::vault
