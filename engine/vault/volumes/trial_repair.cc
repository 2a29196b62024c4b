// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/trial_repair.h"

#include <algorithm>
#include <cstring>

#include "base/cancel.h"
#include "base/limits.h"
#include "pipeline/ordered_work.h"
#include "vault/sealing/sealed_check.h"
#include "vault/volumes/member_spares.h"
#include "vault/volumes/stripe_scan.h"

namespace letterpress::vault {

namespace {

struct TriedStripe {
  std::uint64_t number = 0;
  std::uint64_t rebuilt_bytes = 0;
  UnsetBytes there = {};  // what a volume has
};

struct TriedCopy {
  const VolumeFile* file = nullptr;
};

Error wrong(const std::string& file, const std::string& what) {
  return Error(ErrorCode::kCorrupt,
               file + ": " + what +
                   " in the trial repair; the set is not sealed. The disk, or the "
                   "memory of this machine, is not to be trusted. An empty folder "
                   "in the place of this one is filled by the same command");
}

class Trial {
 public:
  Trial(const VolumeSet& set, const StripeCode& code, VolumeMask without,
        const TrialOptions& options)
      : set_(set), code_(code), without_(without), options_(options) {}

  Status work(TriedStripe& stripe) const {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    StripeScan scan(set_, code_, stripe.number, without_);
    while (true) {
      LETTERPRESS_TRY_ASSIGN(const bool has, scan.next());
      if (!has) break;
      for (unsigned member = 0; member < set_.manifest.counts.all(); ++member) {
        LETTERPRESS_TRY(compare(scan, member, stripe));
      }
    }
    if (!scan.tags()) return wrong(tags_path(stripe.number), "is missing");
    LETTERPRESS_TRY(check_tags(stripe.number));
    for (unsigned member = 0; member < set_.manifest.counts.all(); ++member) {
      LETTERPRESS_TRY(check_spares(stripe, member, scan.tags()->spares[member]));
    }
    return Ok{};
  }

  // The first volume's is hashed, and those of the others are compared with it.
  Status check_copy(const VolumeFile& file) const {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    const Storage& first = *set_.volumes[0].storage;
    const Result<FileDigest> digest = digest_file(first, file.path);
    if (!digest || digest->bytes != file.bytes || digest->sha256 != file.sha256) {
      return wrong(first.full_path(file.path), "is not as it was written");
    }
    for (std::size_t i = 1; i < set_.volumes.size(); ++i) {
      const Storage& other = *set_.volumes[i].storage;
      if (!is_same(first, other, file)) {
        return wrong(other.full_path(file.path), "is not as it was written");
      }
    }
    return Ok{};
  }

 private:
  static bool is_same(const Storage& first, const Storage& other, const VolumeFile& file) {
    UnsetBytes one;
    UnsetBytes two;
    const Result<std::uint64_t> size = other.size(file.path);
    if (!size || *size != file.bytes) return false;
    for (std::uint64_t at = 0; at < file.bytes; at += kMiB) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kMiB, file.bytes - at));
      one.resize(count);
      two.resize(count);
      const Result<std::size_t> got_one = first.read_into(file.path, at, one);
      const Result<std::size_t> got_two = other.read_into(file.path, at, two);
      if (!got_one || !got_two || *got_one != count || *got_two != count || one != two) {
        return false;
      }
    }
    return true;
  }

  // Where a file of the member should be, as the user knows it.
  std::string place_of(std::uint64_t stripe, unsigned member, const std::string& path) const {
    const unsigned number = set_.manifest.volume_of(stripe, member);
    for (const Volume& volume : set_.volumes) {
      if (volume.number == number) return volume.storage->full_path(path);
    }
    return path;
  }

  // Each volume has them, and all the same: any one of them may be all that is left.
  Status check_tags(std::uint64_t stripe) const {
    const std::string path = tags_path(stripe);
    Bytes first;
    for (const Volume& volume : set_.volumes) {
      const Result<Bytes> bytes =
          volume.storage->read(path, 0, tags_file_bytes(set_.manifest, stripe) + 1);
      if (!bytes || !set_.check_tags(stripe, *bytes, path) || (!first.empty() && *bytes != first)) {
        return wrong(volume.storage->full_path(path), "is not as it was written");
      }
      first = *bytes;
    }
    return Ok{};
  }

  Status check_spares(TriedStripe& stripe, unsigned member,
                      const std::vector<PieceTag>& tags) const {
    const Storage* const storage = set_.locate_member(stripe.number, member, 0);
    const std::string path = spare_path(stripe.number, member);
    if (tags.empty()) return Ok{};
    if (storage == nullptr) return wrong(place_of(stripe.number, member, path), "is missing");
    const SpareShape shape = spare_shape(set_.manifest.member_bytes(stripe.number, member));
    stripe.there.resize(shape.file_bytes() + 1);
    const Result<std::size_t> got = storage->read_into(path, 0, stripe.there);
    if (got && *got == shape.file_bytes() && tags_of(ByteView(stripe.there).first(*got)) == tags) {
      return Ok{};
    }
    return wrong(storage->full_path(path), "is not as it was written");
  }

  // Read from where it is, or rebuilt and then compared with what the volume left out has.
  Status compare(const StripeScan& scan, unsigned member, TriedStripe& stripe) const {
    const ByteView bytes = scan.member(member);
    if (bytes.empty()) return Ok{};
    const Storage* const storage = set_.locate_member(stripe.number, member, 0);
    const std::string path = set_.manifest.member_path(stripe.number, member);
    if (storage == nullptr) return wrong(place_of(stripe.number, member, path), "is missing");
    const std::string file = storage->full_path(path);
    bool is_rebuilt = false;
    for (std::size_t row = 0; row < pieces_of(bytes.size()); ++row) {
      if (scan.state(member, row) == PieceState::kLost) return wrong(file, "did not come back");
      is_rebuilt = is_rebuilt || scan.state(member, row) == PieceState::kRebuilt;
    }
    if (!is_rebuilt) return Ok{};
    stripe.rebuilt_bytes += bytes.size();
    stripe.there.resize(bytes.size());
    LETTERPRESS_TRY_ASSIGN(const std::size_t got,
                           storage->read_into(path, scan.offset(), stripe.there));
    if (got != bytes.size() || std::memcmp(stripe.there.data(), bytes.data(), got) != 0) {
      return wrong(file, "came back other than it is");
    }
    return Ok{};
  }

  const VolumeSet& set_;
  const StripeCode& code_;
  const VolumeMask without_;
  const TrialOptions& options_;
};

}  // namespace

Result<std::uint64_t> trial_repair(const VolumeSet& set, VolumeMask without,
                                   const TrialOptions& options) {
  LETTERPRESS_TRY_ASSIGN(const StripeCode code, StripeCode::make(set.manifest.counts));
  const Trial trial(set, code, without, options);
  std::size_t next_copy = 0;
  const std::vector<VolumeFile>& copies = set.manifest.copies;
  LETTERPRESS_TRY(pipeline::do_ordered<TriedCopy>(
      options.threads, {.make = [&]() -> Result<std::unique_ptr<TriedCopy>> {
                          if (next_copy == copies.size()) return std::unique_ptr<TriedCopy>();
                          return std::make_unique<TriedCopy>(TriedCopy{&copies[next_copy++]});
                        },
                        .work = [&](TriedCopy& copy) { return trial.check_copy(*copy.file); },
                        .take = [](TriedCopy&) {}}));
  std::uint64_t next = 0;
  std::uint64_t rebuilt_bytes = 0;
  LETTERPRESS_TRY(pipeline::do_ordered<TriedStripe>(
      options.threads, {.make = [&]() -> Result<std::unique_ptr<TriedStripe>> {
                          if (next >= set.manifest.stripe_count())
                            return std::unique_ptr<TriedStripe>();
                          return std::make_unique<TriedStripe>(TriedStripe{.number = next++});
                        },
                        .work = [&](TriedStripe& stripe) { return trial.work(stripe); },
                        .take =
                            [&](TriedStripe& stripe) {
                              rebuilt_bytes += stripe.rebuilt_bytes;
                              if (options.on_stripe) options.on_stripe(stripe.number);
                            }}));
  return rebuilt_bytes;
}

}  // namespace letterpress::vault
