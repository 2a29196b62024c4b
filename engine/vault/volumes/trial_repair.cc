// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/trial_repair.h"

#include <algorithm>

#include "base/cancel.h"
#include "pipeline/ordered_work.h"
#include "vault/sealing/sealed_check.h"
#include "vault/volumes/stripe_scan.h"

namespace letterpress::vault {

namespace {

struct TriedStripe {
  std::uint64_t number = 0;
  std::uint64_t rebuilt_bytes = 0;
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
    for (unsigned member = 0; member < set_.manifest.counts.all(); ++member) {
      LETTERPRESS_TRY(check_spares(stripe.number, member, scan.tags()->spares[member]));
    }
    return Ok{};
  }

  Status check_copies() const {
    for (const Volume& volume : set_.volumes) {
      for (const VolumeFile& file : set_.manifest.copies) {
        const Result<FileDigest> digest = digest_file(*volume.storage, file.path);
        if (digest && digest->bytes == file.bytes && digest->sha256 == file.sha256) continue;
        return wrong(volume.storage->full_path(file.path), "is not as it was written");
      }
    }
    return Ok{};
  }

 private:
  Status check_spares(std::uint64_t stripe, unsigned member,
                      const std::vector<PieceTag>& tags) const {
    const Storage* const storage = set_.locate_member(stripe, member, 0);
    const std::string path = spare_path(stripe, member);
    if (tags.empty()) return Ok{};
    if (storage == nullptr) return wrong(path, "is missing");
    const Result<Bytes> spares = storage->read(path, 0, kPackFileBytesMax);
    if (spares && tags_of(*spares) == tags) return Ok{};
    return wrong(storage->full_path(path), "is not as it was written");
  }

  // Read from where it is, or rebuilt and then compared with what the volume left out has.
  Status compare(const StripeScan& scan, unsigned member, TriedStripe& stripe) const {
    const ByteView bytes = scan.member(member);
    if (bytes.empty()) return Ok{};
    const Storage* const storage = set_.locate_member(stripe.number, member, 0);
    const std::string path = set_.manifest.member_path(stripe.number, member);
    if (storage == nullptr) return wrong(path, "is missing");
    const std::string file = storage->full_path(path);
    bool is_rebuilt = false;
    for (std::size_t row = 0; row < pieces_of(bytes.size()); ++row) {
      if (scan.state(member, row) == PieceState::kLost) return wrong(file, "did not come back");
      is_rebuilt = is_rebuilt || scan.state(member, row) == PieceState::kRebuilt;
    }
    if (!is_rebuilt) return Ok{};
    stripe.rebuilt_bytes += bytes.size();
    LETTERPRESS_TRY_ASSIGN(const Bytes there, storage->read(path, scan.offset(), bytes.size()));
    if (!std::ranges::equal(there, bytes)) return wrong(file, "came back other than it is");
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
  LETTERPRESS_TRY(trial.check_copies());
  std::uint64_t next = 0;
  std::uint64_t rebuilt_bytes = 0;
  LETTERPRESS_TRY(pipeline::do_ordered<TriedStripe>(
      options.threads, {.make = [&]() -> Result<std::unique_ptr<TriedStripe>> {
                          if (next >= set.manifest.stripe_count())
                            return std::unique_ptr<TriedStripe>();
                          return std::make_unique<TriedStripe>(TriedStripe{next++, 0});
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
