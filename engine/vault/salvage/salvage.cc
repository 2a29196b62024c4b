// SPDX-License-Identifier: Apache-2.0
#include "vault/salvage/salvage.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "base/cancel.h"
#include "base/endian.h"
#include "base/limits.h"
#include "files/restorer.h"
#include "hashing/blake3.h"
#include "vault/content_reader.h"
#include "vault/salvage/recipe_blocks.h"
#include "vault/salvage/scattered_storage.h"
#include "vault/tree/tree.h"

namespace letterpress::vault {
namespace {

constexpr std::string_view kMailboxStart = "From ";
constexpr std::size_t kZerosBytes = 64 * kKiB;

std::uint64_t short_hash(ByteView bytes) {
  return load_le<std::uint64_t>(hashing::hash(bytes).bytes.data());
}
std::uint64_t short_hash(std::string_view text) { return short_hash(as_bytes(text)); }

// The entries of a chunk that is a leaf of a tree; none if it is anything else.
std::vector<EntryRecord> read_leaf(Place place, ByteView chunk) {
  std::vector<EntryRecord> records;
  TreeReader reader({0, place, 1},
                    [&](Place) -> Result<Bytes> { return Bytes(chunk.begin(), chunk.end()); });
  if (!reader.seek("")) return records;
  EntryRecord record;
  while (true) {
    const Result<bool> has = reader.next(record);
    if (!has) return {};
    if (!*has) return records;
    if (record.entry.metadata.type == stream::EntryType::kFile &&
        !stream::decode_content_ref(record.content)) {
      return {};
    }
    records.push_back(std::move(record));
  }
}

// In a Maildir, where a mail is and its name before its flags: what stays when they change, or when
// it is seen.
std::optional<std::string> maildir_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return std::nullopt;
  const std::string_view folder = path.substr(0, slash);
  if (!folder.ends_with("/cur") && !folder.ends_with("/new")) return std::nullopt;
  const std::string_view name = path.substr(slash + 1);
  return std::string(folder.substr(0, folder.size() - 4)) + '/' +
         std::string(name.substr(0, name.find(':')));
}

// What of a content that is not whole is.
struct WholeParts {
  std::uint64_t whole_bytes = 0;
  std::uint64_t lost_bytes = 0;
  bool is_mailbox = false;  // as far as its whole parts say
};

// The packs of one writer and epoch. Where two hold blocks of the same number, one was left by a
// backup that was killed; which, only a lost log knew: so contents are tried with either.
struct WriterPacks {
  WriterIdentity identity;
  std::string name;  // of the writer
  std::vector<PackSet> sets;
};

bool overlaps(const PackSet& packs, const PackRef& pack) {
  const std::uint64_t last = pack.first_block + pack.block_count - 1;
  if (packs.find(pack.first_block) != nullptr || packs.find(last) != nullptr) return true;
  const auto behind = packs.by_first_block().lower_bound(pack.first_block);
  return behind != packs.by_first_block().end() && behind->first <= last;
}

void add_pack(WriterPacks& writer, const PackRef& pack) {
  for (PackSet& packs : writer.sets) {
    if (overlaps(packs, pack)) continue;
    packs.add(pack);
    return;
  }
  writer.sets.emplace_back().add(pack);
}

// Each set but the first with those packs of the first that it leaves room for.
void complete_sets(WriterPacks& writer) {
  for (std::size_t i = 1; i < writer.sets.size(); ++i) {
    for (const auto& [first_block, pack] : writer.sets[0].by_first_block()) {
      if (!overlaps(writer.sets[i], pack)) writer.sets[i].add(pack);
    }
  }
}

class Salvage {
 public:
  Salvage(const PackScan& scan, const Keyring& keys, const SalvageOptions& options,
          files::Restorer& restorer, SalvageReport& report)
      : storage_(scan), keys_(keys), options_(options), restorer_(restorer), report_(report) {}

  Status bring_back(const WriterPacks& writer, const std::string& folder);
  Status bring_back_from(const PackSet& packs, const WriterIdentity& identity,
                         const HashKey& digest_key);
  // Names of which nothing came back, from any version or set.
  void report_lost();

 private:
  Status take_entry(EntryRecord&& record, ContentReader& contents);
  Status take_file(const EntryRecord& record, ContentReader& contents);
  Status take_damaged(const EntryRecord& record, ContentReader& contents, const Error& why);
  Status take_recipe(Place place, ByteView recipe, stream::BlockProvider& blocks,
                     const HashKey& digest_key);
  Result<bool> write_file(const stream::Entry& entry,
                          const std::function<Status(const stream::Rebuilder::Output&)>& fill,
                          std::optional<Error>& damage);
  void remember_recipes(const EntryRecord& record, ContentReader& contents);
  WholeParts look(ByteView content, ContentReader& contents) const;
  void unmade(const std::string& path, const Error& error) {
    ++report_.unmade;
    if (options_.on_problem) {
      options_.on_problem({stream::Problem::Severity::kFailed, path, error.message()});
    }
  }

  const ScatteredStorage storage_;
  const Keyring& keys_;
  const SalvageOptions& options_;
  files::Restorer& restorer_;
  SalvageReport& report_;
  std::string folder_;                          // of the writer, with '/'; or nothing
  std::unordered_set<std::uint64_t> done_;      // paths that need no older version
  std::unordered_set<std::uint64_t> partial_;   // paths that would take one
  std::unordered_set<std::uint64_t> mails_;     // names in Maildirs, with their contents
  std::unordered_set<std::uint64_t> hopeless_;  // contents of which nothing is whole
  std::unordered_set<std::uint64_t> recipes_;   // places of recipes that have names
  std::map<std::string, LostFile> lost_;
};

// False: not made. `damage` is set if the vault is why; an error if nothing more can be written.
Result<bool> Salvage::write_file(
    const stream::Entry& entry, const std::function<Status(const stream::Rebuilder::Output&)>& fill,
    std::optional<Error>& damage) {
  Result<files::RestoredFile> file = restorer_.create(entry);
  if (!file) {
    unmade(entry.path, file.error());
    return false;
  }
  std::optional<Error> write_error;
  std::uint64_t bytes = 0;
  const Status filled = fill([&](ByteView part) -> Status {
    Status written = file->write(part);
    if (!written) write_error = written.error().copy();
    bytes += part.size();
    return written;
  });
  if (write_error) return std::move(*write_error);
  if (!filled) {
    damage = filled.error().copy();
    LETTERPRESS_TRY(file->abandon());
    return false;
  }
  if (Status finished = file->finish(); !finished) {
    unmade(entry.path, finished.error());
    LETTERPRESS_TRY(file->abandon());
    return false;
  }
  report_.bytes += bytes;
  return true;
}

// Places of recipes and lists below an entry, so that they are not taken for nameless.
void Salvage::remember_recipes(const EntryRecord& record, ContentReader& contents) {
  const auto ref = stream::decode_content_ref(record.content);
  if (!ref) return;
  std::vector<std::pair<unsigned, std::vector<stream::ContentRef::Child>>> open;
  open.emplace_back(ref->depth, ref->children);
  while (!open.empty()) {
    const auto [depth, children] = std::move(open.back());
    open.pop_back();
    for (const stream::ContentRef::Child& child : children) {
      const bool is_new = recipes_.insert(child.place.block << 16 | child.place.ordinal).second;
      if (depth < 2 || !is_new) continue;
      const Result<Bytes> chunk = contents.chunk(child.place);
      if (!chunk) continue;
      if (auto below = stream::decode_content_list(*chunk))
        open.emplace_back(depth - 1, *std::move(below));
    }
  }
}

WholeParts Salvage::look(ByteView content, ContentReader& contents) const {
  WholeParts parts;
  bool is_first = true;
  const Status read = contents.read_whole_parts(
      content,
      [&](ByteView bytes) -> Status {
        if (is_first) parts.is_mailbox = as_text(bytes).starts_with(kMailboxStart);
        is_first = false;
        parts.whole_bytes += bytes.size();
        return Ok{};
      },
      [&](std::uint64_t bytes, const Error&) -> Status {
        parts.lost_bytes += bytes;
        return Ok{};
      });
  if (!read) parts.whole_bytes = 0;
  return parts;
}

// Writes what is whole: the messages of a mailbox, or any other file with zeros in between.
Status Salvage::take_damaged(const EntryRecord& record, ContentReader& contents, const Error& why) {
  const std::uint64_t path_key = short_hash(record.entry.path);
  const auto ref = stream::decode_content_ref(record.content);
  const std::uint64_t size = ref ? ref->size_bytes : 0;
  const WholeParts parts = look(record.content, contents);
  LostFile lost{record.entry.path, why.message(), size, size};
  if (parts.whole_bytes == 0 || partial_.contains(path_key)) {
    hopeless_.insert(short_hash(record.content));
    lost_.emplace(record.entry.path, std::move(lost));
    return Ok{};
  }
  stream::Entry entry = record.entry;
  if (!parts.is_mailbox) entry.path += ".partial";
  const auto fill = [&](const stream::Rebuilder::Output& write) -> Status {
    // What follows a lost place in a mailbox may be the end of a message that is not whole.
    bool is_between = false;
    lost.lost_bytes = 0;
    const Bytes zeros(kZerosBytes);
    return contents.read_whole_parts(
        record.content,
        [&](ByteView bytes) -> Status {
          if (parts.is_mailbox && is_between && !as_text(bytes).starts_with(kMailboxStart)) {
            lost.lost_bytes += bytes.size();
            return Ok{};
          }
          is_between = false;
          return write(bytes);
        },
        [&](std::uint64_t bytes, const Error&) -> Status {
          is_between = true;
          lost.lost_bytes += bytes;
          for (; !parts.is_mailbox && bytes > 0;
               bytes -= std::min<std::uint64_t>(bytes, zeros.size())) {
            LETTERPRESS_TRY(write(ByteView(zeros).first(
                static_cast<std::size_t>(std::min<std::uint64_t>(bytes, zeros.size())))));
          }
          return Ok{};
        });
  };
  std::optional<Error> damage;
  LETTERPRESS_TRY_ASSIGN(const bool is_made, write_file(entry, fill, damage));
  if (!is_made) return Ok{};
  ++report_.partial;
  partial_.insert(path_key);
  lost_.erase(record.entry.path);
  if (options_.on_lost) options_.on_lost(lost);
  return Ok{};
}

Status Salvage::take_file(const EntryRecord& record, ContentReader& contents) {
  remember_recipes(record, contents);
  const std::uint64_t path_key = short_hash(record.entry.path);
  if (done_.contains(path_key)) return Ok{};
  const auto mail = maildir_name(record.entry.path);
  std::uint64_t mail_key = 0;
  if (mail) {
    Bytes key(record.content);
    append(key, as_bytes(*mail));
    mail_key = short_hash(key);
    if (mails_.contains(mail_key)) return Ok{};
  }
  const std::uint64_t content_key = short_hash(record.content);
  if (hopeless_.contains(content_key)) return Ok{};
  stream::Entry entry = record.entry;
  const bool is_older = partial_.contains(path_key);
  if (is_older) entry.path += ".older";
  std::optional<Error> damage;
  LETTERPRESS_TRY_ASSIGN(
      const bool is_made,
      write_file(
          entry, [&](const auto& write) { return contents.read(record.content, write); }, damage));
  if (damage) return take_damaged(record, contents, *damage);
  // What the destination does not take in this version, it will not take in another.
  done_.insert(path_key);
  if (!is_made) return Ok{};
  if (mail) mails_.insert(mail_key);
  lost_.erase(record.entry.path);
  ++(is_older ? report_.older : report_.files);
  if (options_.on_progress) options_.on_progress(report_.files, report_.bytes);
  return Ok{};
}

Status Salvage::take_entry(EntryRecord&& record, ContentReader& contents) {
  LETTERPRESS_TRY(check_cancel(options_.cancel));
  record.entry.path = folder_ + record.entry.path;
  stream::Metadata& metadata = record.entry.metadata;
  if (metadata.type == stream::EntryType::kFile) return take_file(record, contents);
  if (metadata.type == stream::EntryType::kHardLink) metadata.target = folder_ + metadata.target;
  if (!done_.insert(short_hash(record.entry.path)).second) return Ok{};
  if (Status made = restorer_.make(record.entry); !made) unmade(record.entry.path, made.error());
  return Ok{};
}

// A recipe that no name leads to: what it rebuilds, if any of it is whole.
Status Salvage::take_recipe(Place place, ByteView recipe, stream::BlockProvider& blocks,
                            const HashKey& digest_key) {
  stream::Rebuilder rebuilder(blocks, &digest_key);
  std::uint64_t whole_bytes = 0;
  const Status looked = rebuilder.rebuild(
      recipe,
      [&](ByteView bytes) -> Status {
        whole_bytes += bytes.size();
        return Ok{};
      },
      [](std::uint64_t, const Error&) -> Status { return Ok{}; });
  if (!looked || whole_bytes == 0) return Ok{};
  stream::Entry entry;
  entry.path =
      folder_ + "lost+found/" + std::to_string(place.block) + '-' + std::to_string(place.ordinal);
  entry.metadata.type = stream::EntryType::kFile;
  entry.metadata.mode = 0600;
  std::optional<Error> damage;
  LETTERPRESS_TRY_ASSIGN(const bool is_made,
                         write_file(
                             entry,
                             [&](const stream::Rebuilder::Output& write) {
                               return rebuilder.rebuild(
                                   recipe, write,
                                   [](std::uint64_t, const Error&) -> Status { return Ok{}; });
                             },
                             damage));
  if (is_made) ++report_.nameless;
  return Ok{};
}

Status Salvage::bring_back_from(const PackSet& packs, const WriterIdentity& identity,
                                const HashKey& digest_key) {
  BlockStore blocks(storage_, keys_, identity, packs);
  ContentReader contents(blocks, &digest_key);
  RecipeBlocks chunks(storage_, keys_, identity, packs);
  LETTERPRESS_TRY(chunks.each([&](Place place, ByteView chunk) -> Status {
    for (EntryRecord& record : read_leaf(place, chunk)) {
      LETTERPRESS_TRY(take_entry(std::move(record), contents));
    }
    return Ok{};
  }));
  report_.lost_tree_blocks += chunks.lost();
  return chunks.each([&](Place place, ByteView chunk) -> Status {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    if (recipes_.contains(place.block << 16 | place.ordinal)) return Ok{};
    if (!read_leaf(place, chunk).empty()) return Ok{};
    return take_recipe(place, chunk, blocks, digest_key);
  });
}

Status Salvage::bring_back(const WriterPacks& writer, const std::string& folder) {
  folder_ = folder;
  done_.clear();
  partial_.clear();
  mails_.clear();
  hopeless_.clear();
  recipes_.clear();
  const std::optional<HashKey> id_key = keys_.id_key(writer.identity);
  if (!id_key) return Ok{};
  const HashKey digest_key = derive_digest_key(*id_key);
  for (const PackSet& packs : writer.sets) {
    hopeless_.clear();  // places mean other blocks now
    recipes_.clear();
    LETTERPRESS_TRY(bring_back_from(packs, writer.identity, digest_key));
  }
  report_lost();
  return Ok{};
}

void Salvage::report_lost() {
  for (const auto& [path, lost] : lost_) {
    ++report_.lost;
    if (options_.on_lost) options_.on_lost(lost);
  }
  lost_.clear();
}

// By writer; the newest epoch first.
std::vector<WriterPacks> sort_packs(const PackScan& scan, SalvageReport& report) {
  std::map<WriterIdentity, WriterPacks> writers;
  for (const ScatteredPack& pack : scan.packs()) {
    ++report.packs;
    if (pack.head.is_locked()) {
      ++report.locked_packs;
      continue;
    }
    report.records += pack.head.record_count;
    report.lost_records += pack.head.record_count - pack.found_records;
    if (pack.found_records == pack.head.record_count) ++report.whole_packs;
    const WriterIdentity& identity = pack.head.label.identity;
    WriterPacks& writer = writers[identity];
    writer.identity = identity;
    writer.name = pack.head.writer_name;
    const PackRef ref = ScatteredStorage::ref_of(pack);
    if (is_valid(ref)) add_pack(writer, ref);
  }
  std::vector<WriterPacks> sorted;
  for (auto& [identity, writer] : writers) {
    complete_sets(writer);
    sorted.push_back(std::move(writer));
  }
  return sorted;
}

// A name for a folder, whatever the writer is called.
std::string folder_name(const WriterPacks& writer) {
  std::string name = writer.name;
  std::ranges::replace(name, '/', '_');
  return name + '-' + to_hex(writer.identity.writer.bytes).substr(0, 4) + "-epoch" +
         std::to_string(writer.identity.epoch) + '/';
}

}  // namespace

Result<SalvageReport> salvage(const Images& images, const Keyring& keys,
                              const SalvageOptions& options) {
  LETTERPRESS_TRY_ASSIGN(
      const PackScan scan,
      PackScan::run(images, keys, {.cancel = options.cancel, .on_progress = options.on_scan}));
  SalvageReport report;
  const std::vector<WriterPacks> writers = sort_packs(scan, report);
  if (report.packs == 0) {
    return Error(ErrorCode::kNotFound, "no pack of this vault was found in " +
                                           std::to_string(images.total_bytes()) +
                                           " bytes: are these its files, and is this its key?");
  }
  if (writers.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "this key opens none of the packs; it is not the key of one of their readers");
  }
  if (images.unreadable_bytes() > 0 && options.on_note) {
    options.on_note(std::to_string(images.unreadable_bytes()) + " bytes could not be read");
  }
  LETTERPRESS_TRY_ASSIGN(const auto restorer,
                         files::Restorer::open(options.to, {.into = options.into}));
  Salvage run(scan, keys, options, *restorer, report);
  for (const WriterPacks& writer : writers) {
    LETTERPRESS_TRY(run.bring_back(writer, writers.size() > 1 ? folder_name(writer) : ""));
  }
  LETTERPRESS_TRY_ASSIGN(const std::vector<stream::Problem> problems, restorer->finish());
  for (const stream::Problem& problem : problems) {
    if (problem.severity != stream::Problem::Severity::kNote) ++report.unmade;
    if (options.on_problem) options.on_problem(problem);
  }
  return report;
}

}  // namespace letterpress::vault
