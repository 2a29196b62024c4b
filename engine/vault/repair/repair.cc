// SPDX-License-Identifier: Apache-2.0
#include "vault/repair/repair.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "base/cancel.h"
#include "base/file.h"
#include "base/limits.h"
#include "vault/keys/sha256.h"
#include "vault/limits.h"
#include "vault/log/chain.h"
#include "vault/repair/mend.h"
#include "vault/repair/one_file.h"
#include "vault/sealing/sealed_check.h"
#include "vault/storage/layout.h"
#include "vault/storage/path_parts.h"

namespace letterpress::vault {
namespace {

// What a vault's path names.
struct LogPlace {
  WriterId writer;
  std::uint64_t sequence = 0;
};
std::optional<LogPlace> parse_log_path(const std::string& path) {
  const std::string start = std::string(kLogFolder) + '/';
  if (!path.starts_with(start)) return std::nullopt;
  const std::string below = path.substr(start.size());
  const auto writer = parse_writer_name(split_path(below).folder);
  const auto sequence = parse_sequence_name(split_path(below).name);
  if (!writer || !sequence) return std::nullopt;
  return LogPlace{*writer, *sequence};
}

class Repair {
 public:
  Repair(std::unique_ptr<Storage> storage, std::vector<std::unique_ptr<Storage>> copies,
         const RepairOptions& options)
      : owned_(std::move(storage)),
        storage_(*owned_),
        given_(std::move(copies)),
        options_(options) {}

  Result<RepairReport> run();

 private:
  Status find_copies();
  Status heal_head();
  bool knows_log(const VaultHead& head) const;
  Status heal_logs();
  Status heal_log(const WriterId& writer, const std::set<std::uint64_t>& sequences);
  Status heal_runs(const Chain& chain);
  Status heal_packs(const std::vector<Chain>& chains);
  Status heal_pack(const std::string& name, bool is_named);
  bool is_of_another_line(const LogPlace& place, const ReadLogEntry& before) const;
  Result<bool> heal(const std::string& path, const WantedFile& wanted);
  Status put(const std::string& path, ByteView bytes);
  Status keep_number(const std::string& path, ByteView bytes);
  Status set_aside(const std::string& path);
  Result<std::uint64_t> check(bool is_last);
  Result<bool> is_there(const std::string& path) const;
  std::vector<FileCopy> copies_of(const std::string& path) const;

  bool is_damaged(const std::string& path) const {
    return damaged_.contains(storage_.full_path(path));
  }
  void note(const std::string& text) const {
    if (options_.on_note) options_.on_note(text);
  }

  std::unique_ptr<Storage> owned_;  // until the vault is open
  Storage& storage_;
  std::vector<std::unique_ptr<Storage>> given_;
  const RepairOptions& options_;
  Copies copies_;
  std::optional<Vault> vault_;
  std::set<std::string> damaged_;  // as the user knows them
  RepairReport report_;
};

Status Repair::find_copies() {
  for (std::unique_ptr<Storage>& storage : given_) {
    LETTERPRESS_TRY(copies_.add(std::move(storage)));
  }
  LETTERPRESS_TRY(copies_.add_set_aside(storage_));
  for (const std::string& text : copies_.notes()) note(text);
  return Ok{};
}

Result<bool> Repair::is_there(const std::string& path) const {
  const Result<std::uint64_t> size = storage_.size(path);
  if (size || size.error().code() != ErrorCode::kNotFound) return true;
  return false;
}

// The vault's own file first: it is at hand, and most of it is mostly good.
std::vector<FileCopy> Repair::copies_of(const std::string& path) const {
  std::vector<FileCopy> copies = {{&storage_, path}};
  const std::vector<FileCopy>& others = copies_.of(path);
  copies.insert(copies.end(), others.begin(), others.end());
  return copies;
}

Status Repair::set_aside(const std::string& path) {
  LETTERPRESS_TRY(storage_.set_aside(path));
  ++report_.set_aside;
  return Ok{};
}

// Where a rename is more than one step, a power cut may take both names. So the good entry is in
// damaged/ before the damaged one gives way: a writer sees that its number is taken, and the next
// repair has it at hand, also if the copy is gone.
Status Repair::keep_number(const std::string& path, ByteView bytes) {
  LETTERPRESS_TRY(storage_.make_folders({std::string(kSetAsideFolder)}));
  for (unsigned number = 1;; ++number) {
    const PathParts aside = split_path(set_aside_path(path, number));
    Status put = storage_.put_if_absent(aside.folder, aside.name, bytes);
    const bool is_other = !put && put.error().code() == ErrorCode::kCorrupt;
    if (!is_other || number == kSetAsideMax) return put;
  }
}

// The good bytes are in memory before the damaged file gives way.
Status Repair::put(const std::string& path, ByteView bytes) {
  LETTERPRESS_TRY_ASSIGN(const bool is_taken, is_there(path));
  if (is_taken) {
    if (parse_log_path(path)) {
      LETTERPRESS_TRY(keep_number(path, bytes));
    }
    LETTERPRESS_TRY(set_aside(path));
  }
  if (path.find('/') != path.npos) {
    LETTERPRESS_TRY(storage_.make_folders({split_path(path).folder}));
  }
  LETTERPRESS_TRY(storage_.put_if_absent(split_path(path).folder, split_path(path).name, bytes));
  ++report_.healed;
  if (options_.on_healed) options_.on_healed(storage_.full_path(path));
  return Ok{};
}

Result<bool> Repair::heal(const std::string& path, const WantedFile& wanted) {
  LETTERPRESS_TRY(check_cancel(options_.cancel, kRunAgain));
  LETTERPRESS_TRY_ASSIGN(const std::optional<Bytes> file,
                         mend(copies_of(path), vault_->keyring(), wanted));
  if (!file) return false;
  LETTERPRESS_TRY(put(path, *file));
  return true;
}

// Whether the head is that of the log that is here: one good entry is enough, for the root has
// certified whoever signed it.
bool Repair::knows_log(const VaultHead& head) const {
  const Keyring keys(head.id, head.root);
  const Result<std::vector<StoredName>> writers = storage_.list(std::string(kLogFolder));
  if (!writers) return false;
  bool is_empty = true;
  for (const StoredName& name : *writers) {
    const auto writer = parse_writer_name(name.name);
    const Result<std::vector<StoredName>> entries =
        storage_.list(std::string(kLogFolder) + '/' + name.name);
    if (!writer || !entries) continue;
    for (const StoredName& entry : *entries) {
      const auto sequence = parse_sequence_name(entry.name);
      if (!sequence) continue;
      is_empty = false;
      if (read_log_entry(storage_, keys, *writer, *sequence)) return true;
    }
  }
  // A vault without a log, or one whose whole log is damaged: whose it was, only the caller knows.
  return is_empty || options_.trust.has_value();
}

Status Repair::heal_head() {
  const std::string path(kVaultHeadName);
  const std::string file = storage_.full_path(path);
  const Result<Bytes> bytes = storage_.read(path, 0, kLabelledTextBytesMax + 1);
  if (bytes && decode_vault_head(*bytes, file)) return Ok{};
  for (const FileCopy& copy : copies_.of(path)) {
    const Result<Bytes> good = copy.storage->read(copy.path, 0, kLabelledTextBytesMax + 1);
    if (!good) continue;
    const Result<VaultHead> head = decode_vault_head(*good, copy.storage->full_path(copy.path));
    if (!head) continue;
    const bool is_trusted = !options_.trust || (options_.trust->vault == head->id &&
                                                options_.trust->root == head->root);
    if (is_trusted && knows_log(*head)) return put(path, *good);
    note(copy.storage->full_path(copy.path) + ": is the head of another vault");
  }
  return Ok{};  // opening the vault says what is wrong
}

bool overlap(const std::vector<PackRef>& some, const std::vector<PackRef>& others) {
  return std::ranges::any_of(some, [&](const PackRef& pack) {
    return std::ranges::any_of(others, [&](const PackRef& other) {
      return pack.sha256 != other.sha256 &&
             pack.first_block < other.first_block + other.block_count &&
             other.first_block < pack.first_block + pack.block_count;
    });
  });
}

// A log entry of its name that is good, from wherever, and whose blocks have numbers of their own.
// `good`: the entries of the writer that are.
WantedFile wanted_entry(const Keyring& keys, const LogPlace& place,
                        const std::map<std::uint64_t, ReadLogEntry>& good) {
  const ExpectedLabel label{
      .type = FileType::kLogEntry, .writer = place.writer, .number = place.sequence};
  return {.label = label, .accepts = [=, &keys, &good](ByteView bytes) {
            const auto next = good.find(place.sequence + 1);
            if (next != good.end() && !follows(next->second.entry, sha256(bytes))) return false;
            const std::string path = log_folder(place.writer) + '/' + sequence_name(place.sequence);
            const auto read =
                read_log_entry(OneFile(path, bytes, path), keys, place.writer, place.sequence);
            if (!read) return false;
            const auto before = good.find(place.sequence - 1);
            if (before != good.end() && !follows(read->entry, before->second.sha256)) return false;
            return std::ranges::none_of(good, [&](const auto& other) {
              return other.second.entry.identity.epoch == read->entry.identity.epoch &&
                     overlap(read->entry.packs, other.second.entry.packs);
            });
          }};
}

// Whether a copy has a good entry that follows another one than that which is here: the vault was
// rolled back, and has gone on. What comes after it would leave a gap that nobody can fill.
bool Repair::is_of_another_line(const LogPlace& place, const ReadLogEntry& before) const {
  const Keyring keys = vault_->keyring();
  const std::string path = log_folder(place.writer) + '/' + sequence_name(place.sequence);
  return std::ranges::any_of(copies_.of(path), [&](const FileCopy& copy) {
    const Result<std::uint64_t> size = copy.storage->size(copy.path);
    if (!size || *size > 2 * kLogPayloadBytesMax) return false;
    const Result<Bytes> bytes = copy.storage->read(copy.path, 0, *size);
    if (!bytes) return false;
    const auto read =
        read_log_entry(OneFile(path, *bytes, path), keys, place.writer, place.sequence);
    return read && !follows(read->entry, before.sha256);
  });
}

Status Repair::heal_log(const WriterId& writer, const std::set<std::uint64_t>& sequences) {
  const Keyring keys = vault_->keyring();
  std::map<std::uint64_t, ReadLogEntry> good;
  std::uint64_t own_last = 0;
  for (const std::uint64_t sequence : sequences) {
    LETTERPRESS_TRY_ASSIGN(const bool is_own,
                           is_there(log_folder(writer) + '/' + sequence_name(sequence)));
    if (is_own) own_last = sequence;
    Result<ReadLogEntry> read = read_log_entry(storage_, keys, writer, sequence);
    if (read) good.emplace(sequence, *std::move(read));
  }
  for (const std::uint64_t sequence : sequences) {
    if (good.contains(sequence)) continue;
    const std::string path = log_folder(writer) + '/' + sequence_name(sequence);
    const WantedFile wanted = wanted_entry(keys, {writer, sequence}, good);
    LETTERPRESS_TRY_ASSIGN(const bool is_healed, heal(path, wanted));
    if (!is_healed) {
      const auto before = good.find(sequence - 1);
      if (sequence > own_last && before != good.end() &&
          is_of_another_line({writer, sequence}, before->second)) {
        note(storage_.full_path(path) +
             ": the copy's does not follow the entry that is here: since then the vault and the "
             "copy have gone different ways, and nothing later is taken from it");
        break;
      }
      if (!copies_.of(path).empty()) {
        note(storage_.full_path(path) + ": no copy of it is good and fits its neighbours");
      }
      continue;
    }
    LETTERPRESS_TRY_ASSIGN(ReadLogEntry read, read_log_entry(storage_, keys, writer, sequence));
    good.emplace(sequence, std::move(read));
  }
  return Ok{};
}

Status Repair::heal_logs() {
  std::map<WriterId, std::set<std::uint64_t>> sequences;
  LETTERPRESS_TRY_ASSIGN(const std::vector<WriterId> writers, vault_->list_writers());
  for (const WriterId& writer : writers) {
    const Result<std::vector<StoredName>> names = storage_.list(log_folder(writer));
    if (!names) continue;
    for (const StoredName& name : *names) {
      const auto sequence = parse_sequence_name(name.name);
      if (sequence && !name.is_folder) sequences[writer].insert(*sequence);
    }
  }
  for (const auto& [path, copies] : copies_.all()) {
    if (const auto place = parse_log_path(path)) sequences[place->writer].insert(place->sequence);
  }
  for (const auto& [writer, numbers] : sequences) {
    LETTERPRESS_TRY(heal_log(writer, numbers));
  }
  return Ok{};
}

Status Repair::heal_runs(const Chain& chain) {
  LETTERPRESS_TRY_ASSIGN(const KnownRuns runs, list_known_runs(storage_, chain));
  for (const auto& [sequence, logged] : runs) {
    const std::string path = index_folder(chain.writer) + '/' + sequence_name(sequence);
    if (!is_damaged(path)) continue;
    WantedFile wanted{
        .label = {.type = FileType::kIndexRun, .writer = chain.writer, .number = sequence}};
    if (logged) wanted.sha256 = logged->sha256;
    LETTERPRESS_TRY_ASSIGN(const bool is_healed, heal(path, wanted));
    static_cast<void>(is_healed);  // what is not, the last check names
  }
  return Ok{};
}

// Its name says which bytes are wanted, and so whose it is; who names it says nothing about that.
// Where no copy heals a pack that a log names, writers are told to store again what it held.
Status Repair::heal_pack(const std::string& name, bool is_named) {
  Sha256Digest sha256;
  if (!parse_hex(name, sha256.bytes)) return Ok{};
  const std::string path = pack_path(sha256);
  const std::string mark = pack_mark_path(sha256);
  LETTERPRESS_TRY_ASSIGN(const bool is_marked, is_there(mark));
  bool is_good = !is_damaged(path);
  if (!is_good) {
    const WantedFile wanted{.label = {.type = FileType::kPack}, .sha256 = sha256};
    LETTERPRESS_TRY_ASSIGN(is_good, heal(path, wanted));
  }
  if (is_good) return is_marked ? storage_.set_aside(mark) : Status(Ok{});
  LETTERPRESS_TRY_ASSIGN(const bool has_file, is_there(path));
  if (is_marked || !is_named || !has_file) return Ok{};
  const std::string text =
      "letterpress: pack " + name + " is damaged. The next backup stores again what it holds.\n";
  LETTERPRESS_TRY(storage_.make_folders({std::string(kSetAsideFolder)}));
  LETTERPRESS_TRY(
      storage_.put_if_absent(split_path(mark).folder, split_path(mark).name, as_bytes(text)));
  ++report_.marked;
  return Ok{};
}

Status Repair::heal_packs(const std::vector<Chain>& chains) {
  std::map<std::string, bool> packs;  // by name; whether a log names it
  for (const Chain& chain : chains) {
    for (const ChainLink& link : chain.links) {
      for (const PackRef& pack : link.entry.packs) {
        packs.emplace(to_hex(pack.sha256.bytes), true);
      }
    }
  }
  LETTERPRESS_TRY_ASSIGN(const auto folders, storage_.list(std::string(kPacksFolder)));
  for (const StoredName& folder : folders) {
    if (!folder.is_folder) continue;
    LETTERPRESS_TRY_ASSIGN(const auto names,
                           storage_.list(std::string(kPacksFolder) + '/' + folder.name));
    for (const StoredName& name : names) packs.emplace(name.name, false);
  }
  for (const auto& [name, is_named] : packs) LETTERPRESS_TRY(heal_pack(name, is_named));
  return Ok{};
}

// What is damaged now; the second time, for the user.
Result<std::uint64_t> Repair::check(bool is_last) {
  damaged_.clear();
  VerifyOptions options;
  options.cancel = options_.cancel;
  options.on_progress = options_.on_progress;
  std::vector<Damage> found;
  options.on_damage = [&](const Damage& damage) {
    damaged_.insert(damage.file);
    found.push_back(damage);
  };
  LETTERPRESS_TRY_ASSIGN(const VerifyReport report, verify(*vault_, options));
  if (is_last && options_.on_damage) {
    for (const Damage& damage : found) options_.on_damage(damage);
  }
  return report.damage;
}

Result<RepairReport> Repair::run() {
  LETTERPRESS_TRY(find_copies());
  LETTERPRESS_TRY(heal_head());
  LETTERPRESS_TRY_ASSIGN(vault_, Vault::open(std::move(owned_)));
  if (options_.trust) {
    LETTERPRESS_TRY(
        vault_->require_own_key(options_.trust->vault, options_.trust->root, "--trust"));
  }
  LETTERPRESS_TRY(storage_.make_folders(vault_folders()));
  LETTERPRESS_TRY(heal_logs());
  LETTERPRESS_TRY_ASSIGN(report_.remaining, check(false));
  LETTERPRESS_TRY_ASSIGN(const std::vector<WriterId> writers, vault_->list_writers());
  std::vector<Chain> chains;
  for (const WriterId& writer : writers) {
    LETTERPRESS_TRY_ASSIGN(Chain chain, read_chain(storage_, vault_->keyring(), writer));
    LETTERPRESS_TRY(heal_runs(chain));
    chains.push_back(std::move(chain));
  }
  LETTERPRESS_TRY(heal_packs(chains));
  if (report_.remaining > 0) {
    LETTERPRESS_TRY_ASSIGN(report_.remaining, check(true));
  }
  return report_;
}

// A folder, or the folder of a single file with only that file in it.
class OnlyFile final : public Storage {
 public:
  OnlyFile(std::unique_ptr<Storage> folder, std::string name)
      : folder_(std::move(folder)), name_(std::move(name)) {}
  Result<std::vector<StoredName>> list(const std::string& folder) const override {
    if (folder != ".")
      return Error(ErrorCode::kNotFound, folder_->full_path(folder) + ": not asked for");
    LETTERPRESS_TRY_ASSIGN(const std::uint64_t bytes, folder_->size(name_));
    return std::vector<StoredName>{{name_, false, bytes}};
  }
  Result<std::uint64_t> size(const std::string& path) const override { return folder_->size(path); }
  Result<Bytes> read(const std::string& path, std::uint64_t offset,
                     std::uint64_t count) const override {
    return folder_->read(path, offset, count);
  }
  Status put_if_absent(const std::string&, const std::string&, ByteView) override {
    return Error(ErrorCode::kUnsupported, describe() + ": is a copy");
  }
  Status make_folders(const std::vector<std::string>&) override {
    return Error(ErrorCode::kUnsupported, describe() + ": is a copy");
  }
  std::string describe() const override { return folder_->full_path(name_); }
  std::string full_path(const std::string& path) const override { return folder_->full_path(path); }

 private:
  std::unique_ptr<Storage> folder_;
  std::string name_;
};

Result<std::unique_ptr<Storage>> open_copy(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return io_error(errno, path);
  if (S_ISDIR(status.st_mode)) {
    LETTERPRESS_TRY_ASSIGN(auto folder, PosixStorage::open(path));
    return std::unique_ptr<Storage>(std::move(folder));
  }
  const std::filesystem::path file(path);
  const std::string parent = file.has_parent_path() ? file.parent_path().native() : ".";
  LETTERPRESS_TRY_ASSIGN(auto folder, PosixStorage::open(parent));
  return std::unique_ptr<Storage>(
      std::make_unique<OnlyFile>(std::move(folder), file.filename().native()));
}

}  // namespace

Result<RepairReport> repair(std::unique_ptr<Storage> vault,
                            std::vector<std::unique_ptr<Storage>> copies,
                            const RepairOptions& options) {
  return Repair(std::move(vault), std::move(copies), options).run();
}

Result<RepairReport> repair(const std::string& path, const RepairOptions& options) {
  LETTERPRESS_TRY_ASSIGN(std::unique_ptr<PosixStorage> vault, PosixStorage::open(path));
  std::vector<std::unique_ptr<Storage>> copies;
  for (const std::string& from : options.from) {
    LETTERPRESS_TRY_ASSIGN(copies.emplace_back(), open_copy(from));
  }
  return repair(std::unique_ptr<Storage>(std::move(vault)), std::move(copies), options);
}

}  // namespace letterpress::vault
