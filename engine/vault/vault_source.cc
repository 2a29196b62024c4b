// SPDX-License-Identifier: Apache-2.0
#include "vault/vault_source.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "vault/restore.h"

namespace letterpress::vault {
namespace {

using stream::EntryType;
using stream::Problem;
using stream::SourceEvent;

bool comes_before(const std::string& a, const std::string& b) {
  return stream::compare_paths(a, b) < 0;
}

Problem failed(std::string path, const Error& error) {
  return {Problem::Severity::kFailed, std::move(path), error.message()};
}

}  // namespace

Result<std::unique_ptr<VaultSource>> VaultSource::open(const Vault& vault, const PackSet& packs,
                                                       const LogEntry& entry, const Keyring& keys,
                                                       const VaultSourceOptions& options) {
  LETTERPRESS_TRY_ASSIGN(auto reader, SnapshotReader::open(vault, packs, entry, keys));
  std::vector<std::string> paths = options.paths;
  for (std::string& path : paths) {
    while (path.ends_with('/')) path.pop_back();
  }
  std::ranges::sort(paths, comes_before);
  std::vector<std::string> tops;
  for (std::string& path : paths) {
    // Those below another follow it directly.
    if (tops.empty() || !is_below(path, tops.back())) tops.push_back(std::move(path));
  }
  if (tops.empty()) tops.emplace_back();
  std::unique_ptr<VaultSource> source(new VaultSource(std::move(reader), std::move(tops)));
  if (!options.aside_folder.empty()) {
    Result<File> file = File::open(options.aside_folder, O_TMPFILE | O_RDWR, 0600);
    if (file) source->foresee(*std::move(file));
  }
  return source;
}

VaultSource::VaultSource(std::unique_ptr<SnapshotReader> reader, std::vector<std::string> tops)
    : reader_(std::move(reader)), idle_(*reader_), tops_(std::move(tops)) {}

// What cannot be read is met again, and said then.
void VaultSource::foresee(File file) {
  late_.emplace(std::move(file));
  ContentReader contents = reader_->make_content_reader();
  EntryRecord record;
  for (const std::string& top : tops_) {
    if (!reader_->seek(top)) continue;
    while (true) {
      const Result<bool> has = reader_->next(record);
      if (!has || !*has || !(top.empty() || is_below(record.entry.path, top))) break;
      if (record.entry.metadata.type != EntryType::kFile) continue;
      const auto ref = stream::decode_content_ref(record.content);
      if (!ref) continue;
      static_cast<void>(
          contents.each_recipe(*ref, [&](ByteView recipe) { return late_->foresee(recipe); }));
    }
  }
  reader_->use(*late_);
}

bool VaultSource::is_wanted(std::string_view path) const {
  return std::ranges::any_of(
      tops_, [&](const std::string& top) { return top.empty() || is_below(path, top); });
}

Status VaultSource::end_top() const {
  if (found_ > 0 || tops_[top_].empty() || is_damaged_) return Ok{};
  return Error(ErrorCode::kNotFound, tops_[top_] +
                                         ": the snapshot has no such path; "
                                         "letterpress ls shows what it has");
}

// The next record of what is asked for, nothing at the end; or a problem instead.
Result<std::optional<EntryRecord>> VaultSource::next_record(std::optional<Problem>& problem) {
  EntryRecord record;
  while (top_ < tops_.size()) {
    const std::string& top = tops_[top_];
    const std::string shown = top.empty() ? "(tree)" : top;
    if (!is_in_top_) {
      is_in_top_ = true;
      found_ = 0;
      is_damaged_ = false;
      if (const Status sought = reader_->seek(top); !sought) {
        is_damaged_ = true;
        problem = failed(shown, sought.error());
        return std::optional<EntryRecord>();
      }
    }
    const Result<bool> has = reader_->next(record);
    if (!has) {
      is_damaged_ = true;
      problem = failed(shown, has.error());
      return std::optional<EntryRecord>();
    }
    if (*has && (top.empty() || is_below(record.entry.path, top))) {
      ++found_;
      return std::optional(std::move(record));
    }
    LETTERPRESS_TRY(end_top());
    is_in_top_ = false;
    ++top_;
  }
  return std::optional<EntryRecord>();
}

SourceEvent VaultSource::file_event(stream::Entry&& entry, ByteView content) {
  Result<stream::ContentRef> ref = stream::decode_content_ref(content);
  if (!ref) return failed(std::move(entry.path), ref.error());
  stream::SourceEntry file;
  file.entry = std::move(entry);
  file.size_hint_bytes = ref->size_bytes;
  file.content = std::make_unique<ContentPull>(idle_, *std::move(ref));
  return file;
}

// The file that has the content of a link, which is at `here`; the position stays behind the link.
Result<std::optional<EntryRecord>> VaultSource::find_file(const std::string& path,
                                                          const std::string& here) {
  Result<std::optional<EntryRecord>> found = reader_->find(path);
  LETTERPRESS_TRY(reader_->seek(here));
  EntryRecord again;
  LETTERPRESS_TRY(reader_->next(again));
  if (found && *found && (*found)->entry.metadata.type != EntryType::kFile) {
    return std::optional<EntryRecord>();
  }
  return found;
}

SourceEvent VaultSource::link_event(stream::Entry&& link) {
  std::string& target = link.metadata.target;
  if (const auto given = given_as_.find(target); given != given_as_.end()) {
    target = given->second;
  } else if (!is_wanted(target) || !comes_before(target, link.path)) {
    Result<std::optional<EntryRecord>> file = find_file(target, link.path);
    if (!file) return failed(std::move(link.path), file.error());
    if (!*file) {
      return failed(std::move(link.path),
                    Error(ErrorCode::kCorrupt, "hard link to an entry that is not there"));
    }
    given_as_.emplace(std::move(target), link.path);
    (*file)->entry.path = std::move(link.path);
    return file_event(std::move((*file)->entry), (*file)->content);
  }
  stream::SourceEntry entry;
  entry.entry = std::move(link);
  return entry;
}

SourceEvent VaultSource::event_of(EntryRecord&& record) {
  stream::Entry& entry = record.entry;
  if (entry.metadata.type == EntryType::kHardLink) return link_event(std::move(entry));
  if (entry.metadata.type == EntryType::kFile) {
    const auto given = given_as_.find(entry.path);
    if (given == given_as_.end()) return file_event(std::move(entry), record.content);
    entry.metadata.type = EntryType::kHardLink;
    entry.metadata.target = given->second;
  }
  stream::SourceEntry other;
  other.entry = std::move(entry);
  return other;
}

Result<std::optional<SourceEvent>> VaultSource::next() {
  std::optional<Problem> problem;
  LETTERPRESS_TRY_ASSIGN(std::optional<EntryRecord> record, next_record(problem));
  if (problem) return std::optional<SourceEvent>(*std::move(problem));
  if (!record) return std::optional<SourceEvent>();
  return std::optional(event_of(*std::move(record)));
}

}  // namespace letterpress::vault
