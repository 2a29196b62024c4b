// SPDX-License-Identifier: Apache-2.0
#include "crash/small_world.h"

#include <algorithm>
#include <cstdlib>

#include "pipeline/memory_source.h"
#include "vault/backup.h"
#include "vault/keys/key_files.h"
#include "vault/keys/sha256.h"
#include "vault/memory_storage.h"
#include "vault/packs/pack_writer.h"
#include "vault/sealing/sealed_check.h"
#include "vault/snapshot.h"
#include "vault/snapshot_reader.h"
#include "vault/storage/layout.h"
#include "vault/vault_fixtures.h"
#include "vault/verify.h"

namespace letterpress::vault {

namespace {

constexpr const char* kVault = kVaultOfWorld;
constexpr const char* kKeys = "root/keys";

const IngestKey& second_key() {
  static const IngestKey key = take(make_ingest_key(
      tiny_recovery(), counting<WriterId>(0x80), "mx2.example.org", readers_of(tiny_recovery(), {}),
      {Secret(counting<Sha256Digest>(0xa0).bytes), counting<HashKey>(0xc0)}));
  return key;
}

// A pack of a copy of the vault, which is not in the vault.
const Bytes& copied_pack() {
  static const Bytes pack = [] {
    MemoryStorage storage;
    PackWriter writer(second_key());
    EXPECT_TRUE(writer.append(1 << 20, seeded_bytes(300, 77)));
    for (const std::string& folder : vault_folders()) storage.folders.insert(folder);
    take(writer.commit(storage));
    return storage.files.begin()->second;
  }();
  return pack;
}

std::string mail(std::uint64_t number) {
  std::string text = "From: a@example.org\nSubject: " + std::to_string(number) + "\n\n";
  for (const std::uint8_t byte : seeded_bytes(300, number)) {
    text += static_cast<char>('a' + byte % 26);
  }
  return text + '\n';
}

Result<Vault> open_vault(FileSystem& files) {
  LETTERPRESS_TRY_ASSIGN(auto storage, PosixStorage::open(kVault, CommitMethod::kProbe, files));
  return Vault::open(std::unique_ptr<Storage>(std::move(storage)));
}

// The index runs that no log entry names.
std::set<std::string> unnamed_runs(const Vault& vault, const SimulatedFiles& state) {
  std::set<std::string> runs;
  for (const auto& [path, bytes] : state.tree()) {
    if (bytes != nullptr && path.starts_with("srv/vault/index/")) runs.insert(path);
  }
  for (const Snapshot& snapshot : take(list_snapshots(vault)).snapshots) {
    for (const IndexRunRef& run : snapshot.entry.index_runs) {
      runs.erase("srv/vault/" + index_folder(snapshot.entry.identity.writer) + '/' +
                 sequence_name(run.sequence));
    }
  }
  return runs;
}

Result<Mails> restore_all(const Vault& vault, const PackSet& packs, const LogEntry& entry) {
  Keyring keys = vault.keyring();
  keys.add(tiny_recovery().reader());
  LETTERPRESS_TRY_ASSIGN(const auto reader, SnapshotReader::open(vault, packs, entry, keys));
  LETTERPRESS_TRY(reader->seek(""));
  Mails mails;
  EntryRecord record;
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const bool has, reader->next(record));
    if (!has) return mails;
    std::string& text = mails[record.entry.path];
    LETTERPRESS_TRY(reader->read_content(record.content, [&](ByteView bytes) -> Status {
      text += as_text(bytes);
      return Ok{};
    }));
  }
}

}  // namespace

bool at_full_size() { return std::getenv("LETTERPRESS_FULL") != nullptr; }

const char* name_of(Operation operation) {
  switch (operation) {
    case Operation::kInit:
      return "init";
    case Operation::kBackUpNew:
      return "backup of new mail";
    case Operation::kBackUpUnchanged:
      return "backup of unchanged mail";
    case Operation::kBackUpChanged:
      return "backup of changed mail";
    case Operation::kAddWriter:
      return "writer add";
    case Operation::kBackUpSecond:
      return "backup of the second writer";
    case Operation::kCopyIn:
      return "copy of a pack";
    case Operation::kDamagePack:
      return "damage to a pack";
    case Operation::kDamageEntry:
      return "damage to the last log entry";
    case Operation::kRepair:
      return "repair";
    case Operation::kLoseRun:
      return "loss of an index run";
    case Operation::kRebuildIndex:
      return "index rebuild";
    case Operation::kWriteVolumes:
      return "volumes write";
  }
  return "";
}

World::World(const SimulatedFiles& files, std::string state_folder, bool appears_whole)
    : files_(files),
      appears_whole_(appears_whole),
      state_folder_(std::move(state_folder)),
      keys_{tiny_key(), second_key()},
      tried_(2),
      mails_(2) {}

void World::furnish(SimulatedFiles& files) {
  for (const char* folder : {"srv", "root"}) files.put(folder, nullptr);
  for (const char* folder : kMediaOfWorld) files.put(folder, nullptr);
  files.forget_journal();
}

bool World::owes(Debt::What what, std::size_t when) const {
  return std::any_of(debts_.begin(), debts_.end(),
                     [&](const Debt& debt) { return debt.what == what && debt.since <= when; });
}

std::size_t World::debts(std::size_t when) const {
  return static_cast<std::size_t>(std::count_if(
      debts_.begin(), debts_.end(), [&](const Debt& debt) { return debt.since <= when; }));
}

bool World::allows(Operation operation) const {
  const bool has_vault = owes(Debt::What::kVault, SIZE_MAX);
  const bool has_second = owes(Debt::What::kWriter, SIZE_MAX);
  const bool has_snapshot = owes(Debt::What::kSnapshot, SIZE_MAX);
  const bool is_mended = owes(Debt::What::kMended, SIZE_MAX);
  switch (operation) {
    case Operation::kInit:
      return !has_vault;
    case Operation::kAddWriter:
      return has_vault && !has_second;
    case Operation::kBackUpSecond:
      return has_second;
    case Operation::kDamagePack:
    case Operation::kDamageEntry:
    case Operation::kLoseRun:
      return has_snapshot && !harm_;
    case Operation::kRepair:
      return harm_ && harm_->left != nullptr && !is_mended;
    case Operation::kRebuildIndex:
      return harm_ && harm_->left == nullptr && !is_mended;
    case Operation::kWriteVolumes:
      return has_snapshot && !volumes_since_ && (!harm_ || is_mended);
    default:
      return has_vault;
  }
}

Status World::init(FileSystem& files) {
  InitOptions options;
  options.writer_name = "mail.example.org";
  options.vault = kTinyIdentity.vault;
  options.writer = kTinyIdentity.writer;
  options.root = tiny_recovery().root;
  options.secrets = tiny_secrets();
  options.created_s = 1;
  options.files = &files;
  LETTERPRESS_TRY(Vault::init(kVault, kKeys, options));
  return Ok{};
}

Status World::add_writer(FileSystem& files) {
  LETTERPRESS_TRY_ASSIGN(Vault vault, open_vault(files));
  LETTERPRESS_TRY(vault.add_writer(keys_[1].identity.writer));
  return write_key_file(std::string(kKeys) + "/second.key", keys_[1], nullptr, files);
}

Result<std::uint64_t> World::back_up(FileSystem& files, std::size_t writer,
                                     const Mails& mails) const {
  LETTERPRESS_TRY_ASSIGN(Vault vault, open_vault(files));
  std::vector<pipeline::Given> given;
  for (const auto& [path, text] : mails) given.push_back(pipeline::file(path, text));
  pipeline::MemorySource source(given);
  BackupOptions options;
  options.source = &source;
  options.state_folder = state_folder_ + '/' + std::to_string(writer);
  options.press.threads = 1;
  LETTERPRESS_TRY_ASSIGN(const BackupReport report, backup(vault, keys_[writer], options));
  return report.sequence;
}

Status World::copy_in(FileSystem& files) {
  LETTERPRESS_TRY_ASSIGN(auto storage, PosixStorage::open(kVault, CommitMethod::kProbe, files));
  const Bytes& pack = copied_pack();
  return storage->put_if_absent(pack_folder(sha256(pack)), to_hex(sha256(pack).bytes), pack);
}

Status World::run(Operation operation, FileSystem& files) {
  const std::size_t writer = operation == Operation::kBackUpSecond ? 1 : 0;
  Mails& mails = mails_[writer];
  const auto owe = [&](Debt debt) {
    debt.since = files_.journal().size();
    debts_.push_back(std::move(debt));
  };
  switch (operation) {
    case Operation::kInit:
      LETTERPRESS_TRY(init(files));
      owe({.what = Debt::What::kVault, .since = 0});
      return Ok{};
    case Operation::kAddWriter:
      LETTERPRESS_TRY(add_writer(files));
      owe({.what = Debt::What::kWriter, .since = 0});
      return Ok{};
    case Operation::kCopyIn:
      LETTERPRESS_TRY(copy_in(files));
      owe({.what = Debt::What::kPack, .since = 0});
      return Ok{};
    case Operation::kDamagePack:
    case Operation::kDamageEntry:
    case Operation::kLoseRun:
      harm_ = operation == Operation::kLoseRun      ? harm_of_a_run(files_)
              : operation == Operation::kDamagePack ? harm_of_a_pack(files_)
                                                    : harm_of_an_entry(files_);
      harm_since_ = files_.journal().size();
      LETTERPRESS_TRY(harm_->happen(files));
      harmed_at_ = files_.journal().size();
      return Ok{};
    case Operation::kRepair:
    case Operation::kRebuildIndex:
      LETTERPRESS_TRY(harm_->mend(files));
      owe({.what = Debt::What::kMended, .since = 0});
      return Ok{};
    case Operation::kWriteVolumes:
      volumes_since_ = files_.journal().size();
      LETTERPRESS_TRY(write_volumes_of(files));
      owe({.what = Debt::What::kVolumes, .since = 0});
      return Ok{};
    case Operation::kBackUpUnchanged:
      break;
    case Operation::kBackUpChanged:
      if (!mails.empty()) mails.erase(mails.begin());
      mails["mail/changed"] = mail(next_mail_++);
      break;
    default:
      mails["mail/" + std::to_string(next_mail_)] = mail(next_mail_);
      ++next_mail_;
  }
  tried_[writer].push_back(mails);
  const Mails wanted = mails;
  LETTERPRESS_TRY_ASSIGN(const std::uint64_t sequence, back_up(files, writer, wanted));
  owe({.what = Debt::What::kSnapshot,
       .since = 0,
       .writer = writer,
       .sequence = sequence,
       .mails = wanted});
  return Ok{};
}

std::string World::fault_of_snapshots(const Vault& vault, std::size_t when) const {
  const Result<SnapshotList> list = list_snapshots(vault);
  if (!list) return list.error().message();
  for (const Snapshot& snapshot : list->snapshots) {
    const std::size_t writer = snapshot.entry.identity.writer == keys_[0].identity.writer ? 0 : 1;
    const Result<Mails> mails =
        restore_all(vault, list->packs_of(snapshot.entry.identity), snapshot.entry);
    if (!mails) return snapshot.name + " cannot be restored: " + mails.error().message();
    if (std::find(tried_[writer].begin(), tried_[writer].end(), *mails) == tried_[writer].end()) {
      return snapshot.name + " gives what nobody backed up";
    }
    for (const Debt& debt : debts_) {
      if (debt.what == Debt::What::kSnapshot && debt.since <= when && debt.writer == writer &&
          debt.sequence == snapshot.entry.sequence && debt.mails != *mails) {
        return snapshot.name + " gives other mail than was backed up";
      }
    }
  }
  for (const Debt& debt : debts_) {
    if (debt.what != Debt::What::kSnapshot || debt.since > when) continue;
    const std::string name = snapshot_name(keys_[debt.writer].identity.writer, debt.sequence);
    if (!list->find(name)) return name + " was acknowledged and is not there";
  }
  return {};
}

std::string World::fault_of_reading(FileSystem& files) const {
  const auto judged = [](const Error& error) {
    const bool is_clear = error.message().find("srv/vault") != std::string::npos;
    return is_clear ? std::string() : "the error names no file: " + error.message();
  };
  const Result<Vault> vault = open_vault(files);
  if (!vault) return judged(vault.error());
  const Result<SnapshotList> list = list_snapshots(*vault);
  if (!list) return judged(list.error());
  for (const Snapshot& snapshot : list->snapshots) {
    const Result<Mails> mails =
        restore_all(*vault, list->packs_of(snapshot.entry.identity), snapshot.entry);
    if (!mails) {
      if (std::string fault = judged(mails.error()); !fault.empty()) return fault;
    } else if (std::find(tried_[0].begin(), tried_[0].end(), *mails) == tried_[0].end()) {
      return snapshot.name + " gives what nobody backed up";
    }
  }
  VerifyOptions options;
  Keyring keys = vault->keyring();
  keys.add(tiny_recovery().reader());
  options.keys = keys;
  options.is_deep = true;
  const Result<VerifyReport> verified = verify(*vault, options);
  return verified ? std::string() : judged(verified.error());
}

// A file under its name in the vault is as it was put there, or is known for damaged.
std::string World::fault_of_names(const SimulatedFiles& state, std::size_t when) const {
  for (const auto& [path, bytes] : state.tree()) {
    if (is_harmed(when) && path == harm_->path) continue;  // a disk does what it likes
    const SharedBytes whole = files_.find(path);
    if (bytes == nullptr || whole == nullptr || *bytes == *whole) continue;
    if (appears_whole_ && path.starts_with("srv/vault/") && !path.starts_with("srv/vault/tmp/")) {
      return path + ": is torn, and has its name";
    }
    if (path.starts_with("srv/vault/packs/")) {
      if (to_hex(sha256(*bytes).bytes) == path.substr(path.rfind('/') + 1)) {
        return path + ": is another pack of the same SHA-256";
      }
    } else if (path.starts_with("srv/vault/index/") || path.starts_with("srv/vault/log/")) {
      SimulatedFiles copy(state);
      const auto storage = PosixStorage::open(kVault, CommitMethod::kProbe, copy);
      if (!storage) continue;
      const std::string in_vault = path.substr(std::string(kVault).size() + 1);
      const std::size_t slash = in_vault.rfind('/');
      const ExpectedLabel expected{
          .type = in_vault.starts_with("log") ? FileType::kLogEntry : FileType::kIndexRun,
          .writer = parse_writer_name(in_vault.substr(slash - 32, 32)),
          .number = parse_sequence_name(in_vault.substr(slash + 1))};
      const Result<SealedCheck> check = check_sealed(**storage, in_vault, public_keys(), expected);
      if (check && check->damage.empty()) return path + ": is torn and its seal was accepted";
    }
  }
  return {};
}

bool World::is_harmed(std::size_t when) const {
  return harm_ && harm_since_ <= when && !owes(Debt::What::kMended, when);
}

// What was killed, or failed, or may have, is run again, as its user would.
std::string World::mend_in(SimulatedFiles& state, std::size_t when) const {
  if (is_harmed(when)) {
    // A backup knows nothing of a repair that was killed, and must not stand in the way of the
    // next. (That a last entry is gone, nothing in a vault shows; while it is harmed, it is.)
    if (harm_->path.starts_with("srv/vault/log/") && when >= harmed_at_) {
      const Result<std::uint64_t> sequence = back_up(state, 0, mails_[0]);
      if (!sequence) return "the backup before the repair fails: " + sequence.error().message();
    }
    if (Status mended = harm_->mend(state); !mended) {
      return "it cannot be mended again: " + mended.error().message();
    }
    const SharedBytes back = state.find(harm_->path);
    if (harm_->left != nullptr && (back == nullptr || *back != *harm_->whole)) {
      return harm_->path + ": is not what the copy has";
    }
  } else if (harm_ && harm_since_ <= when && harm_->left != nullptr) {
    const auto tree = state.tree();
    const bool is_kept = std::any_of(tree.begin(), tree.end(), [&](const auto& file) {
      return file.second != nullptr && file.first.starts_with("srv/vault/damaged/") &&
             *file.second == *harm_->left;
    });
    if (!is_kept) return harm_->path + ": what was damaged is not kept";
  }
  if (!volumes_since_ || *volumes_since_ > when) return {};
  if (!owes(Debt::What::kVolumes, when)) {
    if (Status written = write_volumes_of(state); !written) {
      return "volumes cannot be written again: " + written.error().message();
    }
  }
  return fault_of_volumes(state);
}

std::string World::fault_as_it_is(SimulatedFiles& state, std::size_t when) const {
  if (std::string fault = fault_of_names(state, when); !fault.empty()) return fault;
  if (std::string fault = mend_in(state, when); !fault.empty()) return fault;
  const Result<Vault> vault = open_vault(state);
  if (!vault) return debts(when) > 0 ? vault.error().message() : std::string();
  // A vault whose head can be read is whole, also if nobody knows yet.
  for (const char* name : {"recovery.key", "ingest.key", "vault.pub"}) {
    const std::string path = std::string(kKeys) + '/' + name;
    const SharedBytes key = state.find(path);
    const SharedBytes whole = files_.find(path);
    if (key == nullptr || whole == nullptr || *key != *whole) return path + ": is missing or torn";
  }
  if (owes(Debt::What::kWriter, when)) {
    const std::string path = std::string(kKeys) + "/second.key";
    const SharedBytes key = state.find(path);
    const SharedBytes whole = files_.find(path);
    if (key == nullptr || whole == nullptr || *key != *whole) return path + ": is missing or torn";
  }
  if (owes(Debt::What::kPack, when)) {
    const Bytes& pack = copied_pack();
    const SharedBytes found = state.find("srv/vault/" + pack_path(sha256(pack)));
    if (found == nullptr || *found != pack) return "the pack that was copied in is not there";
  }
  return fault_of_snapshots(*vault, when);
}

std::string World::fault_of(SimulatedFiles& state, std::size_t when) const {
  if (std::string fault = fault_as_it_is(state, when); !fault.empty()) return fault;
  const Result<Vault> vault = open_vault(state);
  if (!vault) return {};  // not owed, and not there
  // What the log names is there and whole: a power cut leaves no damage that verify would report,
  // but for a file that was cut short under its own name, where nothing better can be done.
  const std::set<std::string> unnamed = unnamed_runs(*vault, state);
  VerifyOptions options;
  std::string damaged;
  options.on_damage = [&](const Damage& damage) {
    // Packs and index runs that no log entry names; a log entry that is owed is looked for above.
    const bool is_used = !unnamed.contains(damage.file) &&
                         damage.message.find("no snapshot uses it") == std::string::npos &&
                         !damage.file.starts_with("srv/vault/log/");
    if (appears_whole_ || is_used) damaged = damage.file + ": " + damage.message;
  };
  const Result<VerifyReport> verified = verify(*vault, options);
  if (!verified) return verified.error().message();
  if (!damaged.empty()) return "verify reports damage: " + damaged;
  const auto before = state.tree();
  const std::size_t writers = owes(Debt::What::kWriter, when) ? 2 : 1;
  for (std::size_t writer = 0; writer < writers; ++writer) {
    Mails mails = tried_[writer].empty() ? Mails() : tried_[writer].back();
    mails["mail/next"] = mail(1'000'000 + next_mail_);
    const Result<std::uint64_t> sequence = back_up(state, writer, mails);
    if (!sequence) return "the next backup fails: " + sequence.error().message();
    const Result<Vault> again = open_vault(state);
    const Result<SnapshotList> list = list_snapshots(*again);
    if (!list) return list.error().message();
    const auto snapshot = list->find(snapshot_name(keys_[writer].identity.writer, *sequence));
    if (!snapshot) return "the next backup is not there";
    const Result<Mails> restored =
        restore_all(*again, list->packs_of((*snapshot)->entry.identity), (*snapshot)->entry);
    if (!restored) return "the next backup cannot be restored: " + restored.error().message();
    if (*restored != mails) return "the next backup gives other mail";
  }
  for (const auto& [path, bytes] : before) {
    if (bytes != nullptr && *state.find(path) != *bytes) return path + ": was changed";
  }
  return {};
}

}  // namespace letterpress::vault
