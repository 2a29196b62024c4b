// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/write_volumes.h"

#include <algorithm>
#include <ctime>
#include <mutex>
#include <set>

#include "base/cancel.h"
#include "pipeline/ordered_work.h"
#include "vault/keys/sha256.h"
#include "vault/storage/layout.h"
#include "vault/storage/path_parts.h"
#include "vault/volumes/stripe_maker.h"
#include "vault/volumes/trial_repair.h"
#include "vault/volumes/volume_slots.h"

namespace letterpress::vault {

namespace {

struct StripeTask {
  std::uint64_t number = 0;
};

struct CopyTask {
  std::size_t number = 0;  // in the manifest
};

std::vector<std::string> folders_of(const VolumeManifest& manifest) {
  std::vector<std::string> folders = vault_folders();
  std::set<std::string> more = {std::string(kParityFolder), std::string(kSpareFolder),
                                std::string(kTagsFolder)};
  for (const VolumeFile& file : manifest.copies) {
    if (const std::string folder = split_path(file.path).folder; folder != ".") more.insert(folder);
  }
  folders.insert(folders.end(), more.begin(), more.end());
  return folders;
}

class Writer {
 public:
  Writer(Vault& vault, const WriteVolumesOptions& options, VolumeSlots slots, StripeCode code)
      : vault_(vault), options_(options), slots_(std::move(slots)), code_(std::move(code)) {}

  Result<WriteVolumesReport> run() {
    LETTERPRESS_TRY(plan());
    slots_.begin(manifest_, folders_of(manifest_));
    for (unsigned volume = 0; volume < count(); ++volume) {
      slots_.put(volume, std::string(kVolumeManifestName), manifest_bytes_);
    }
    LETTERPRESS_TRY(write_stripes());
    if (slots_.failed_count() <= options_.counts.parity) {
      LETTERPRESS_TRY(write_copies());
    }
    for (unsigned volume = 0; volume < count(); ++volume) {
      const std::string& failure = slots_.failure(volume);
      if (!failure.empty()) report_.failed.push_back({volume, failure});
    }
    report_.set_aside = slots_.set_aside_count();
    LETTERPRESS_TRY(report_damaged());
    if (report_.failed.empty()) {
      LETTERPRESS_TRY(seal());
    }
    return std::move(report_);
  }

 private:
  Status plan();
  Status take_manifest(const Bytes& bytes);
  void count_bytes();
  Status write_stripes();
  Status write_stripe(std::uint64_t stripe);
  Status write_copies();
  Status write_copy(std::size_t number);
  Result<std::optional<StripeTags>> write_members(std::uint64_t stripe,
                                                  const std::vector<unsigned>& wanting,
                                                  StripeMaker& maker);
  std::unique_ptr<StripeMaker> take_maker();
  void give_back(std::unique_ptr<StripeMaker> maker);
  Result<ByteView> read_pack(const VolumeFile& pack, StripeMaker& maker) const;
  std::string not_its_name(const VolumeFile& pack) const;
  void note_damaged(std::string pack);
  Status report_damaged() const;
  Result<Bytes> read_copy(const VolumeFile& file) const;
  Status put_text(Storage& storage, const std::string& path, std::string_view text,
                  const std::function<bool(ByteView)>& is_text);
  Status seal();
  Result<VolumeSeal> make_seal(const VolumeSet& set);
  void keep_receipt();

  unsigned count() const noexcept { return options_.counts.all(); }
  bool is_done(unsigned volume, std::uint64_t stripe);
  void advance(std::uint64_t bytes) {
    done_bytes_ += bytes;
    if (options_.on_progress) options_.on_progress(done_bytes_, 2 * stripe_bytes_);
  }
  std::uint64_t members_bytes(std::uint64_t stripe) const {
    std::uint64_t bytes = 0;
    for (unsigned m = 0; m < count(); ++m) bytes += manifest_.member_bytes(stripe, m);
    return bytes;
  }

  Vault& vault_;
  const WriteVolumesOptions& options_;
  VolumeSlots slots_;
  const StripeCode code_;
  VolumeManifest manifest_;
  Bytes manifest_bytes_;
  WriteVolumesReport report_;
  std::uint64_t stripe_bytes_ = 0;
  std::uint64_t done_bytes_ = 0;
  std::mutex mutex_;                                       // guards what follows
  std::vector<std::unique_ptr<StripeMaker>> idle_makers_;  // one for each thread at most
  std::set<std::string> damaged_;                          // packs, each with what is wrong
};

Status Writer::plan() {
  report_.is_resumed = slots_.set().has_value();
  const Bytes there = slots_.read_manifest();
  if (there.empty()) {
    LETTERPRESS_TRY_ASSIGN(
        manifest_, plan_volumes(vault_, {.counts = options_.counts,
                                         .since = options_.since,
                                         .companions = options_.companions,
                                         .set = slots_.set(),
                                         .created_s = static_cast<std::int64_t>(std::time(nullptr)),
                                         .on_note = options_.on_note}));
    const std::string text = encode_manifest(manifest_);
    append(manifest_bytes_, as_bytes(text));
  } else {
    LETTERPRESS_TRY(take_manifest(there));
  }
  count_bytes();
  return Ok{};
}

Status Writer::take_manifest(const Bytes& bytes) {
  LETTERPRESS_TRY_ASSIGN(manifest_, decode_manifest(bytes, kVolumeManifestName));
  manifest_bytes_ = bytes;
  std::string what;
  if (manifest_.vault != vault_.id()) what = "is of another vault";
  if (manifest_.set != slots_.set() || manifest_.counts != options_.counts) {
    what = "is not what its label says";
  }
  if (options_.since && manifest_.since != options_.since->set) {
    what = "was begun as one that goes on from another set";
  }
  if (what.empty()) return Ok{};
  return Error(ErrorCode::kInvalidArgument, "the set " + to_hex(manifest_.set.bytes) +
                                                " on these volumes " + what +
                                                "; name empty folders for a new set");
}

void Writer::count_bytes() {
  report_.set = manifest_.set;
  report_.counts = manifest_.counts;
  report_.packs = manifest_.packs.size();
  for (const VolumeFile& pack : manifest_.packs) report_.pack_bytes += pack.bytes;
  for (const VolumeFile& file : manifest_.copies) report_.copy_bytes += file.bytes;
  report_.lacking = manifest_.lacking.size();
  report_.missing_packs = static_cast<std::uint64_t>(
      std::ranges::count(manifest_.lacking, PathKind::kPack,
                         [](const std::string& path) { return kind_of_path(path); }));
  for (std::uint64_t stripe = 0; stripe < manifest_.stripe_count(); ++stripe) {
    report_.parity_bytes += manifest_.counts.parity * manifest_.stripe_bytes(stripe);
    stripe_bytes_ += members_bytes(stripe);
  }
}

Status Writer::write_stripes() {
  std::uint64_t next = 0;
  return pipeline::do_ordered<StripeTask>(
      options_.threads,
      {.make = [&]() -> Result<std::unique_ptr<StripeTask>> {
         LETTERPRESS_TRY(check_cancel(options_.cancel, kRunAgain));
         if (next >= manifest_.stripe_count() || slots_.failed_count() > options_.counts.parity) {
           return std::unique_ptr<StripeTask>();
         }
         return std::make_unique<StripeTask>(StripeTask{next++});
       },
       .work = [this](StripeTask& task) { return write_stripe(task.number); },
       .take = [this](StripeTask& task) { advance(members_bytes(task.number)); }});
}

// A volume that has the tags has the rest: they come last. That the tags themselves last, the run
// that made them may not have lived to see.
bool Writer::is_done(unsigned volume, std::uint64_t stripe) {
  const std::string path = tags_path(stripe);
  const Result<Bytes> bytes =
      slots_.storage(volume).read(path, 0, tags_file_bytes(manifest_, stripe) + 1);
  if (!bytes || !decode_tags(*bytes, manifest_, stripe, path)) return false;
  slots_.put(volume, path, *bytes);
  return true;
}

// Members and their spares first, then the tags.
Status Writer::write_stripe(std::uint64_t stripe) {
  std::vector<unsigned> wanting;
  for (unsigned volume = 0; volume < count(); ++volume) {
    if (!slots_.is_failed(volume) && !is_done(volume, stripe)) wanting.push_back(volume);
  }
  if (wanting.empty()) return Ok{};
  std::unique_ptr<StripeMaker> maker = take_maker();
  Result<std::optional<StripeTags>> tags = write_members(stripe, wanting, *maker);
  give_back(std::move(maker));
  if (!tags) return std::move(tags).error();
  if (!*tags) return Ok{};
  const Bytes bytes = encode_tags(**tags);
  for (const unsigned volume : wanting) slots_.put(volume, tags_path(stripe), bytes);
  return Ok{};
}

// Nothing: a pack is damaged.
Result<std::optional<StripeTags>> Writer::write_members(std::uint64_t stripe,
                                                        const std::vector<unsigned>& wanting,
                                                        StripeMaker& maker) {
  StripeTags tags{manifest_.set, stripe, {}, {}};
  const auto put = [&](unsigned member, MadeMember&& made) {
    const unsigned volume = manifest_.volume_of(stripe, member);
    if (!made.bytes.empty() && std::ranges::find(wanting, volume) != wanting.end()) {
      slots_.put(volume, manifest_.member_path(stripe, member), made.bytes);
      slots_.put(volume, spare_path(stripe, member), made.spares);
    }
    tags.members.push_back(std::move(made.tags));
    tags.spares.push_back(std::move(made.spare_tags));
  };
  maker.begin(static_cast<std::size_t>(manifest_.stripe_bytes(stripe)));
  bool is_whole = true;
  for (unsigned member = 0; member < code_.counts().data; ++member) {
    LETTERPRESS_TRY(check_cancel(options_.cancel, kRunAgain));
    const VolumeFile* const pack = manifest_.pack(stripe, member);
    const Result<ByteView> bytes = pack == nullptr ? ByteView() : read_pack(*pack, maker);
    if (!bytes && bytes.error().code() == ErrorCode::kOutOfMemory) return bytes.error().copy();
    std::string damage = bytes ? std::string() : bytes.error().message();
    MadeMember made = maker.add(member, bytes ? *bytes : ByteView());
    if (bytes && pack != nullptr && made.sha256 != pack->sha256) damage = not_its_name(*pack);
    // The others are read all the same, so that every damaged pack is named.
    is_whole = is_whole && damage.empty();
    if (is_whole) put(member, std::move(made));
    if (!damage.empty()) note_damaged(std::move(damage));
  }
  if (!is_whole) return std::optional<StripeTags>();
  for (unsigned i = 0; i < code_.counts().parity; ++i) {
    put(code_.counts().data + i, maker.parity(i));
  }
  return std::optional(std::move(tags));
}

std::unique_ptr<StripeMaker> Writer::take_maker() {
  const std::lock_guard lock(mutex_);
  if (idle_makers_.empty()) return std::make_unique<StripeMaker>(code_);
  std::unique_ptr<StripeMaker> maker = std::move(idle_makers_.back());
  idle_makers_.pop_back();
  return maker;
}

void Writer::give_back(std::unique_ptr<StripeMaker> maker) {
  const std::lock_guard lock(mutex_);
  idle_makers_.push_back(std::move(maker));
}

std::string Writer::not_its_name(const VolumeFile& pack) const {
  return vault_.storage().full_path(pack.path) + ": its SHA-256 is not its name";
}

// As long as the manifest says; whether it is that pack, its SHA-256 tells.
Result<ByteView> Writer::read_pack(const VolumeFile& pack, StripeMaker& maker) const {
  const auto bytes = static_cast<std::size_t>(pack.bytes);
  const std::span<std::uint8_t> room = maker.room(bytes + 1);
  LETTERPRESS_TRY_ASSIGN(const std::size_t got, vault_.storage().read_into(pack.path, 0, room));
  if (got != bytes) return Error(ErrorCode::kCorrupt, not_its_name(pack));
  return ByteView(room).first(bytes);
}

void Writer::note_damaged(std::string pack) {
  const std::lock_guard lock(mutex_);
  damaged_.insert(std::move(pack));
}

Status Writer::report_damaged() const {
  if (damaged_.empty()) return Ok{};
  std::string text =
      std::to_string(damaged_.size()) + " packs of the vault are damaged or cannot be read:\n";
  for (const std::string& pack : damaged_) text += "  " + pack + '\n';
  for (const FailedVolume& volume : report_.failed) {
    text += "volume " + volume_name(volume.number, options_.counts) +
            " could not be written: " + volume.message + '\n';
  }
  return Error(
      ErrorCode::kCorrupt,
      text +
          "The stripes of the others were written, but the set is not sealed. If the disk that the "
          "vault is on was away, run the same command again; if not, run letterpress "
          "repair --from another copy of the vault, then the same command again. A pack "
          "that no copy heals is marked by the repair, and a new set, on empty folders, is "
          "written without it");
}

Status Writer::write_copies() {
  std::size_t next = 0;
  return pipeline::do_ordered<CopyTask>(
      options_.threads,
      {.make = [&]() -> Result<std::unique_ptr<CopyTask>> {
         LETTERPRESS_TRY(check_cancel(options_.cancel, kRunAgain));
         if (next == manifest_.copies.size() || slots_.failed_count() > options_.counts.parity) {
           return std::unique_ptr<CopyTask>();
         }
         return std::make_unique<CopyTask>(CopyTask{next++});
       },
       .work = [this](CopyTask& task) { return write_copy(task.number); },
       .take = [](CopyTask&) {}});
}

// Read once, and put on each volume; side by side on different ones.
Status Writer::write_copy(std::size_t number) {
  const VolumeFile& file = manifest_.copies[number];
  LETTERPRESS_TRY_ASSIGN(const Bytes bytes, read_copy(file));
  for (unsigned i = 0; i < count(); ++i) {
    slots_.put(static_cast<unsigned>((number + i) % count()), file.path, bytes);
  }
  return Ok{};
}

Result<Bytes> Writer::read_copy(const VolumeFile& file) const {
  const auto is_right = [&](ByteView bytes) {
    return bytes.size() == file.bytes && sha256(bytes) == file.sha256;
  };
  for (const Companion& companion : options_.companions) {
    if (companion.path == file.path && is_right(companion.bytes)) return companion.bytes;
  }
  // Another version of this program may have begun the set: then a volume has what belongs there.
  const bool is_companion = kind_of_path(file.path) == PathKind::kCompanion;
  for (unsigned volume = 0; is_companion && volume < count(); ++volume) {
    Result<Bytes> bytes = slots_.storage(volume).read(file.path, 0, file.bytes + 1);
    if (bytes && is_right(*bytes)) return bytes;
  }
  if (is_companion) {
    return Error(ErrorCode::kInvalidArgument,
                 file.path +
                     ": was another file when this set was begun; go on with the program "
                     "and the files of then, or write a new set to empty folders");
  }
  LETTERPRESS_TRY_ASSIGN(Bytes bytes, vault_.storage().read(file.path, 0, file.bytes + 1));
  if (is_right(bytes)) return bytes;
  return Error(ErrorCode::kCorrupt, vault_.storage().full_path(file.path) +
                                        ": is not as it was when this set was begun; letterpress "
                                        "verify says what is damaged");
}

// Another text of that name is left alone, unless it is none: then it was cut short.
Status Writer::put_text(Storage& storage, const std::string& path, std::string_view text,
                        const std::function<bool(ByteView)>& is_text) {
  const Result<Bytes> there = storage.read(path, 0, kManifestBytesMax);
  if (there && is_text(*there)) {
    const PathParts parts = split_path(path);
    return storage.put_if_absent(parts.folder, parts.name, as_bytes(text));
  }
  LETTERPRESS_TRY_ASSIGN(const bool was_torn, put_for_torn(storage, path, as_bytes(text)));
  report_.set_aside += was_torn ? 1 : 0;
  return Ok{};
}

// Proves the set on what the volumes give back, and only then says so on each.
Status Writer::seal() {
  LETTERPRESS_TRY_ASSIGN(std::vector<VolumeSet> sets, open_volumes(std::move(slots_).release()));
  if (sets.size() != 1 || sets[0].volumes.size() != count()) {
    return Error(ErrorCode::kCorrupt, "the volumes do not give back the labels that they got");
  }
  VolumeSet& set = sets[0];
  report_.was_sealed = set.seal.has_value();
  LETTERPRESS_TRY_ASSIGN(const VolumeSeal seal, make_seal(set));
  const std::string text = encode_seal(seal);
  for (Volume& volume : set.volumes) {
    LETTERPRESS_TRY(
        put_text(*volume.storage, std::string(kVolumeSealName), text,
                 [](ByteView there) { return decode_seal(there, kVolumeSealName).has_value(); }));
  }
  report_.is_sealed = true;
  keep_receipt();
  return Ok{};
}

Result<VolumeSeal> Writer::make_seal(const VolumeSet& set) {
  // Which volumes to do without is as random as the set's id.
  std::vector<unsigned> without;
  VolumeMask mask = 0;
  for (std::size_t i = 0; without.size() < set.manifest.counts.parity; ++i) {
    const auto volume = static_cast<unsigned>(set.manifest.set.bytes[i % 16] + i / 16) % count();
    if ((mask >> volume & 1U) == 0) without.push_back(volume);
    mask |= VolumeMask{1} << volume;
  }
  std::ranges::sort(without);
  LETTERPRESS_TRY_ASSIGN(
      report_.rebuilt_bytes,
      trial_repair(set, mask, {options_.threads, options_.cancel, [&](std::uint64_t stripe) {
                                 advance(members_bytes(stripe));
                               }}));
  if (set.seal) return *set.seal;
  VolumeSeal seal{set.manifest.set,
                  set.manifest_digest,
                  static_cast<std::int64_t>(std::time(nullptr)),
                  without,
                  {}};
  for (std::uint64_t stripe = 0; stripe < set.manifest.stripe_count(); ++stripe) {
    const std::optional<StripeTags> tags = set.read_tags(stripe, 0);
    if (!tags) return Error(ErrorCode::kCorrupt, tags_path(stripe) + ": is damaged on all volumes");
    seal.stripes.push_back(sha256(encode_tags(*tags)));
  }
  return seal;
}

void Writer::keep_receipt() {
  Status kept = vault_.storage().make_folders({std::string(kReceiptsFolder)});
  if (kept) {
    const std::string path = receipt_path(manifest_.set);
    kept = put_text(vault_.storage(), path, as_text(manifest_bytes_),
                    [&](ByteView there) { return decode_manifest(there, path).has_value(); });
  }
  if (!kept && options_.on_note) {
    options_.on_note("the vault cannot keep a list of the set (" + kept.error().message() +
                     "); --since takes a folder of one of its volumes instead");
  }
}

}  // namespace

Result<WriteVolumesReport> write_volumes(Vault& vault,
                                         std::vector<std::unique_ptr<Storage>> storages,
                                         const WriteVolumesOptions& options) {
  LETTERPRESS_TRY_ASSIGN(VolumeSlots slots,
                         VolumeSlots::adopt(std::move(storages), options.counts));
  LETTERPRESS_TRY_ASSIGN(StripeCode code, StripeCode::make(options.counts));
  return Writer(vault, options, std::move(slots), std::move(code)).run();
}

}  // namespace letterpress::vault
