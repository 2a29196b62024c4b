// SPDX-License-Identifier: Apache-2.0
#include "vault/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <utility>

#include "hashing/blake3.h"
#include "stream/block_collector.h"
#include "vault/backup_sink.h"
#include "vault/isolate_depth.h"
#include "vault/state.h"
#include "vault/storage/layout.h"
#include "vault/tree/tree.h"

namespace letterpress::vault {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
// File systems stamp changes with a clock that ticks every few milliseconds, network ones every
// second.
constexpr std::int64_t kUnsettledNs = 2 * kNsPerSecond;

std::int64_t now_ns() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             system_clock::now().time_since_epoch())
      .count();
}

// Keeps a second run of the same writer out, for as long as it lives.
Result<File> lock_state(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return io_error(error.value(), folder);
  LETTERPRESS_TRY_ASSIGN(File lock, File::open(folder + "/lock", O_RDWR | O_CREAT, 0600));
  if (::flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_error(errno, lock.path());
    return Error(ErrorCode::kIo,
                 folder + ": another backup of this writer is running; wait for it to end");
  }
  return lock;
}

// More than any backup takes. Of both there are enough for 65,000 damaged heads.
constexpr std::uint64_t kBlockNumbersFree = std::uint64_t{1} << 32;
constexpr std::uint64_t kRunSequencesFree = 1'000'000;

}  // namespace

class BackupRun::Backup {
 public:
  Backup(Vault& vault, const IngestKey& key, BackupOptions options)
      : vault_(vault),
        key_(key),
        options_(std::move(options)),
        digest_key_(derive_digest_key(key.id_key)),
        began_ns_(now_ns()) {}

  Status begin();
  files::Remembered* remembered() const noexcept { return state_.get(); }
  std::size_t burst_bytes() const { return run_->burst_bytes(); }
  Status resume() { return run_->resume(); }
  Result<BackupReport> finish();

 private:
  Status load();
  Status begin_press();
  Status finish_press();
  Status make_tree();
  Status settle_found();
  Status settle(const std::string& folder, const std::string& name);
  std::vector<std::string> source_names() const;
  SnapshotChange change() const;
  void note_isolation(const Chain& chain) const;
  void name_again(LogEntry& entry) const;
  Status commit_log();
  Result<Place> store_tree_chunk(ByteView bytes, unsigned level);
  Status put_closed();
  void note(const std::string& text) const {
    if (options_.on_note) options_.on_note(text);
  }
  std::string state_path() const { return options_.state_folder + "/state"; }

  Vault& vault_;
  const IngestKey& key_;
  const BackupOptions options_;
  const HashKey digest_key_;
  const std::int64_t began_ns_;
  std::optional<File> lock_;
  LogHead head_;
  bool is_head_damaged_ = false;           // or gone
  std::optional<Sha256Digest> good_head_;  // of a damaged head: its hash when it was written
  std::optional<LogEntry> unsure_head_;    // the entry that head_ is, if it may not be durable
  std::vector<PastSnapshot> history_;
  StoredIndex stored_;
  std::unique_ptr<State> state_;
  std::optional<BackupSink> sink_;
  std::unique_ptr<files::Walker> walker_;
  pipeline::PressOptions press_options_;
  std::optional<pipeline::PressRun> run_;
  std::optional<stream::BlockCollector> collector_;  // of the tree's chunks
  std::optional<stream::Mailbox> leaf_mailbox_;      // of the open leaf
  codecs::BlockCodec codec_;
  std::optional<StateWriter> state_writer_;
  TreeRoot root_;
  std::uint64_t source_bytes_ = 0;
  BackupReport report_;
};

Status BackupRun::Backup::load() {
  LETTERPRESS_TRY_ASSIGN(Chain chain,
                         read_chain(vault_.storage(), vault_.keyring(), key_.identity.writer));
  for (const ChainProblem& problem : chain.problems) note(problem.message);
  if (!chain.head_error.empty()) {
    return Error(ErrorCode::kIo, chain.head_error +
                                     ": the next log entry must name this one; copy the vault to a "
                                     "disk that can be read, or letterpress repair it from a copy");
  }
  head_ = chain.head;
  // Packs that only a lost entry named are in no log: what lies in them is not stored.
  const bool is_log_whole = std::ranges::all_of(chain.problems, [](const ChainProblem& problem) {
    return problem.what == ChainProblem::What::kUnlinked;
  });
  is_head_damaged_ = std::ranges::any_of(chain.problems, [&](const ChainProblem& problem) {
    return problem.what != ChainProblem::What::kUnlinked && problem.last_sequence == head_.sequence;
  });
  std::vector<const LogEntry*> entries;
  for (const ChainLink& link : chain.links) entries.push_back(&link.entry);
  history_ = history_of(entries, key_.identity, source_names());
  note_isolation(chain);
  LETTERPRESS_TRY_ASSIGN(stored_, load_stored_index(vault_, key_, chain));
  if (is_head_damaged_) {
    // Its packs and runs may be unknown now, and the entry may come back: their numbers stay free.
    stored_.next_block += kBlockNumbersFree;
    stored_.next_run_sequence += kRunSequencesFree;
    const auto last = State::read_head(state_path(), derive_state_key(key_.id_key), vault_.id());
    if (last && last->sequence == head_.sequence) good_head_ = last->sha256;
  }
  for (const std::string& text : stored_.notes) note(text);
  if (!stored_.is_whole) {
    note(
        "packs that the log names are missing, have another size or are marked as damaged; run "
        "letterpress verify. What they held is stored again where the sources still have it");
  }
  std::string why;
  state_ = State::open(
      state_path(), derive_state_key(key_.id_key), vault_.id(), head_,
      [this, is_log_whole](ByteView content) {
        return (is_log_whole && stored_.is_whole) || is_content_stored(content, stored_.packs);
      },
      why);
  // The state is written when its log head is durable. Another head may be one whose sync failed:
  // it can be read now, and a power cut takes it.
  const bool has_head = !chain.links.empty() && chain.links.back().entry.sequence == head_.sequence;
  if (state_ == nullptr && has_head && chain.links.back().entry.identity == key_.identity) {
    unsure_head_ = std::move(chain.links.back().entry);
  }
  if (state_ == nullptr && head_.sequence > 0) {
    note(options_.state_folder + ": its state is not used, because " + why +
         "; every file is read");
  }
  return Ok{};
}

Status BackupRun::Backup::begin_press() {
  press_options_ = options_.press;
  press_options_.form = pipeline::RecipeForm::kStored;
  press_options_.keys = {&key_.id_key, &digest_key_};
  press_options_.first_block_number = stored_.next_block;
  press_options_.on_problem = [this](const stream::Problem& problem) {
    if (problem.severity != stream::Problem::Severity::kNote) ++report_.problems;
    if (options_.on_problem) options_.on_problem(problem);
  };
  LETTERPRESS_TRY(pipeline::validate(press_options_));
  stream::Source* source = options_.source;
  if (source == nullptr) {
    files::WalkOptions walk = options_.walk;
    walk.remembered = state_.get();
    LETTERPRESS_TRY_ASSIGN(walker_, files::Walker::open(std::move(walk)));
    source = walker_.get();
  }
  run_.emplace(*source, stored_.chunks, press_options_, *sink_);
  return Ok{};
}

Status BackupRun::Backup::finish_press() {
  LETTERPRESS_TRY_ASSIGN(const pipeline::PressReport pressed, run_->finish());
  run_.reset();
  walker_.reset();
  report_.totals = pressed.totals;
  report_.messages = pressed.totals.messages;
  collector_.emplace(pressed.next_block_number);
  return Ok{};
}

Status BackupRun::Backup::put_closed() {
  for (stream::RawBlock& raw : collector_->take_closed()) {
    pipeline::PressTotals::OfKind& totals =
        report_.totals.kinds[static_cast<std::size_t>(raw.kind)];
    stream::Block block = stream::compress_block(std::move(raw), codec_);
    totals.stored_bytes += block.payload.size();
    LETTERPRESS_TRY(sink_->put_block(std::move(block)));
  }
  // A tree's blocks close in the order of their numbers, so a pack may end behind any of them.
  return sink_->end_group();
}

// A leaf is its mailbox's, if mailboxes are kept apart: it has recipes, and the digest of a message
// is the same wherever that lies. A node above is nobody's.
Result<Place> BackupRun::Backup::store_tree_chunk(ByteView bytes, unsigned level) {
  const bool is_kept_apart = level == 0 && leaf_mailbox_;
  const ChunkId id = hashing::hash(bytes, is_kept_apart ? leaf_mailbox_->id_key : key_.id_key);
  if (const std::optional<Place> known = stored_.chunks.find(id)) return *known;
  pipeline::PressTotals::OfKind& totals =
      report_.totals.kinds[static_cast<std::size_t>(Kind::kRecipe)];
  ++totals.new_chunks;
  totals.new_bytes += bytes.size();
  collector_->turn_to(is_kept_apart ? std::optional(leaf_mailbox_->tag) : std::nullopt);
  const Place place = collector_->add(Kind::kRecipe, true, id, bytes);
  stored_.chunks.insert(id, place);
  LETTERPRESS_TRY(put_closed());
  return place;
}

Status BackupRun::Backup::make_tree() {
  if (!options_.is_dry_run) {
    LETTERPRESS_TRY_ASSIGN(
        StateWriter writer,
        StateWriter::create(state_path(), derive_state_key(key_.id_key), sink_->spool().count()));
    state_writer_.emplace(std::move(writer));
  }
  TreeWriter tree(
      [this](ByteView bytes, unsigned level) { return store_tree_chunk(bytes, level); });
  stream::Isolation isolation;
  if (const auto depth = options_.press.isolate_depth) isolation = {*depth, key_.id_key};
  LETTERPRESS_TRY(sink_->spool().drain([&](EntryRecord&& record) -> Status {
    ++report_.entries;
    if (const auto ref = stream::decode_content_ref(record.content)) {
      source_bytes_ += ref->size_bytes;
    }
    if (state_writer_) {
      LETTERPRESS_TRY(state_writer_->add(record));
    }
    const stream::Mailbox* mailbox = isolation.of(record.entry.path);
    if (mailbox != nullptr && (!leaf_mailbox_ || leaf_mailbox_->tag != mailbox->tag)) {
      LETTERPRESS_TRY(tree.end_leaf());
      leaf_mailbox_ = *mailbox;
    }
    return tree.add(record);
  }));
  LETTERPRESS_TRY_ASSIGN(root_, tree.finish());
  collector_->close_all();
  return put_closed();
}

// What this entry relies on and another run has made may not be durable: that run may have been
// killed between the name of a file and the sync of its folder. Putting the same bytes again makes
// it so. A run goes on only when its last file is durable, so each has left one file at most.
Status BackupRun::Backup::settle_found() {
  if (head_.sequence == 0) {
    LETTERPRESS_TRY(settle(".", std::string(kVaultHeadName)));
  }
  if (stored_.unlogged_runs.empty()) return Ok{};
  return settle(index_folder(key_.identity.writer),
                sequence_name(stored_.unlogged_runs.back().sequence));
}

Status BackupRun::Backup::settle(const std::string& folder, const std::string& name) {
  Storage& storage = vault_.storage();
  const std::string path = folder == "." ? name : folder + '/' + name;
  LETTERPRESS_TRY_ASSIGN(const std::uint64_t bytes, storage.size(path));
  LETTERPRESS_TRY_ASSIGN(const Bytes file, storage.read(path, 0, bytes));
  return storage.put_if_absent(folder, name, file);
}

std::vector<std::string> BackupRun::Backup::source_names() const {
  std::vector<std::string> names;
  for (const files::WalkSource& source : options_.walk.sources) names.push_back(source.name);
  return names;
}

void BackupRun::Backup::note_isolation(const Chain& chain) const {
  const std::vector<std::string> sources = source_names();
  for (auto link = chain.links.rbegin(); link != chain.links.rend(); ++link) {
    if (link->entry.identity != key_.identity || link->entry.sources != sources) continue;
    const std::string text =
        isolate_change(isolate_depth_of(link->entry), options_.press.isolate_depth);
    if (!text.empty()) note(text);
    return;
  }
}

SnapshotChange BackupRun::Backup::change() const {
  SnapshotChange change;
  change.entries = report_.entries;
  change.source_bytes = source_bytes_;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    if (static_cast<Kind>(i) != Kind::kRecipe)
      change.new_bytes += report_.totals.kinds[i].new_bytes;
  }
  change.incompressible_bytes = sink_->incompressible_bytes();
  return change;
}

// What the entry before has added, which this one may refer to: that entry may not last.
void BackupRun::Backup::name_again(LogEntry& entry) const {
  if (!unsure_head_) return;
  entry.packs.insert(entry.packs.begin(), unsure_head_->packs.begin(), unsure_head_->packs.end());
  std::ranges::sort(entry.packs, {}, &PackRef::first_block);
  entry.index_runs.insert(entry.index_runs.begin(), unsure_head_->index_runs.begin(),
                          unsure_head_->index_runs.end());
  std::ranges::sort(entry.index_runs, {}, &IndexRunRef::sequence);
}

Status BackupRun::Backup::commit_log() {
  LETTERPRESS_TRY(sink_->commit_pack());
  LETTERPRESS_TRY(settle_found());
  LogEntry entry;
  entry.identity = key_.identity;
  entry.sequence = head_.sequence + 1;
  entry.previous = head_.sha256;
  entry.time_ns = began_ns_;
  entry.host = options_.host.substr(0, kHostBytesMax);
  entry.sources = source_names();
  entry.alarms = report_.alarms;
  entry.extensions = {encode_change(change())};
  if (is_head_damaged_) entry.extensions.push_back(behind_damage(good_head_));
  if (const auto depth = options_.press.isolate_depth) {
    entry.extensions.push_back(encode_isolate_depth(*depth));
  }
  entry.root = encode_tree_root(root_);
  entry.packs = stored_.unlogged_packs;
  entry.packs.insert(entry.packs.end(), sink_->packs().begin(), sink_->packs().end());
  std::ranges::sort(entry.packs, {}, &PackRef::first_block);
  entry.index_runs = stored_.unlogged_runs;
  entry.index_runs.insert(entry.index_runs.end(), sink_->runs().begin(), sink_->runs().end());
  for (const PackRef& pack : sink_->packs()) report_.pack_bytes += pack.file_bytes;
  report_.block_bytes = sink_->block_bytes();
  for (const IndexRunRef& run : sink_->runs()) report_.index_bytes += run.file_bytes;
  report_.packs = sink_->packs().size();
  report_.packs_taken_up = stored_.unlogged_packs.size();
  entry.totals.entries = report_.entries;
  entry.totals.messages = report_.messages;
  entry.totals.source_bytes = source_bytes_;
  for (const PackRef& pack : entry.packs) entry.totals.stored_bytes += pack.file_bytes;
  for (const IndexRunRef& run : entry.index_runs) entry.totals.stored_bytes += run.file_bytes;
  name_again(entry);
  entry.totals.problems = report_.problems;
  LETTERPRESS_TRY_ASSIGN(head_, append_log(vault_.storage(), key_, entry));
  report_.sequence = head_.sequence;
  // The snapshot exists: its size is for the report only.
  const Result<std::uint64_t> bytes =
      vault_.storage().size(log_folder(key_.identity.writer) + "/" + sequence_name(head_.sequence));
  report_.log_bytes = bytes ? *bytes : 0;
  return Ok{};
}

Status BackupRun::Backup::begin() {
  LETTERPRESS_TRY(vault_.require_own_key(key_.identity.vault, key_.root, "the ingest key"));
  LETTERPRESS_TRY_ASSIGN(lock_, lock_state(options_.state_folder));
  LETTERPRESS_TRY(load());
  sink_.emplace(vault_, key_, stored_, options_.state_folder, began_ns_ - kUnsettledNs,
                options_.is_dry_run);
  return begin_press();
}

Result<BackupReport> BackupRun::Backup::finish() {
  LETTERPRESS_TRY(finish_press());
  LETTERPRESS_TRY(make_tree());
  report_.alarms = find_alarms(change(), history_, options_.alarm);
  if (options_.is_dry_run) return report_;
  LETTERPRESS_TRY(commit_log());
  // The snapshot exists. A state that cannot be written costs a full read next time, no more.
  if (Status status = state_writer_->commit(vault_.id(), head_); !status) {
    note(status.error().message() + ": the state was not kept; the next backup reads every file");
  }
  return report_;
}

BackupRun::BackupRun(std::unique_ptr<Backup> backup) : backup_(std::move(backup)) {}
BackupRun::BackupRun(BackupRun&&) noexcept = default;
BackupRun::~BackupRun() = default;

Result<BackupRun> BackupRun::begin(Vault& vault, const IngestKey& key, BackupOptions options) {
  auto backup = std::make_unique<Backup>(vault, key, std::move(options));
  LETTERPRESS_TRY(backup->begin());
  return BackupRun(std::move(backup));
}

files::Remembered* BackupRun::remembered() const noexcept { return backup_->remembered(); }
std::size_t BackupRun::burst_bytes() const { return backup_->burst_bytes(); }
Status BackupRun::resume() { return backup_->resume(); }
Result<BackupReport> BackupRun::finish() { return backup_->finish(); }

Result<BackupReport> backup(Vault& vault, const IngestKey& key, const BackupOptions& options) {
  LETTERPRESS_TRY_ASSIGN(BackupRun run, BackupRun::begin(vault, key, options));
  return run.finish();
}

}  // namespace letterpress::vault
