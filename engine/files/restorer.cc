// SPDX-License-Identifier: Apache-2.0
#include "files/restorer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "files/name_list.h"
#include "files/owner_policy.h"
#include "files/restore_tree.h"

namespace letterpress::files {
namespace {

Status check_empty(const File& folder) {
  FolderReader reader;
  LETTERPRESS_TRY(reader.start(folder.descriptor()));
  ListedName name;
  LETTERPRESS_TRY_ASSIGN(const bool has_contents, reader.next(name));
  if (!has_contents) return Ok{};
  return Error(ErrorCode::kInvalidArgument,
               folder.path() +
                   ": is not empty; choose an empty or absent folder, or allow to "
                   "restore into this one (--into)");
}

}  // namespace

RestoredFile::RestoredFile(File file, OpenFolder folder, std::string name,
                           stream::Metadata metadata, std::shared_ptr<OwnerPolicy> owners)
    : file_(std::move(file)),
      folder_(std::move(folder)),
      name_(std::move(name)),
      metadata_(std::move(metadata)),
      owners_(std::move(owners)) {}

RestoredFile& RestoredFile::operator=(RestoredFile&& other) noexcept {
  if (this == &other) return *this;
  static_cast<void>(abandon());
  file_ = std::move(other.file_);
  folder_ = std::move(other.folder_);
  name_ = std::move(other.name_);
  metadata_ = std::move(other.metadata_);
  owners_ = std::move(other.owners_);
  return *this;
}

RestoredFile::~RestoredFile() { static_cast<void>(abandon()); }

Status RestoredFile::finish() {
  LETTERPRESS_TRY(set_metadata(file_, metadata_, *folder_, *owners_));
  Status closed = file_.close();
  // It looks whole, and what is written late may not be: a later --resume would keep it.
  if (!closed) ::unlinkat(folder_->file.descriptor(), name_.c_str(), 0);
  return closed;
}

Status RestoredFile::abandon() {
  if (!file_.is_open()) return Ok{};
  file_ = File(-1, file_.path());
  if (::unlinkat(folder_->file.descriptor(), name_.c_str(), 0) != 0) {
    return io_error(errno, file_.path());
  }
  return Ok{};
}

Result<std::unique_ptr<Restorer>> Restorer::open(const std::string& destination,
                                                 RestoreOptions options) {
  std::error_code error;
  std::filesystem::create_directories(destination, error);
  if (error) return Error(ErrorCode::kIo, destination + ": " + error.message());
  LETTERPRESS_TRY_ASSIGN(File root, File::open(destination, O_RDONLY | O_DIRECTORY));
  if (!options.into && !options.resume) {
    LETTERPRESS_TRY(check_empty(root));
  }
  LETTERPRESS_TRY_ASSIGN(OpenFolders folders, OpenFolders::at(std::move(root)));
  return std::unique_ptr<Restorer>(
      new Restorer(std::make_unique<RestoreTree>(std::move(folders), options)));
}

Restorer::Restorer(std::unique_ptr<RestoreTree> tree) : tree_(std::move(tree)) {}
Restorer::~Restorer() = default;

Result<bool> Restorer::is_there(const stream::Entry& entry, std::uint64_t size_bytes) {
  return tree_->is_there(entry, size_bytes);
}
Result<std::optional<FoundFile>> Restorer::find(const stream::Entry& entry) {
  return tree_->find(entry);
}
void Restorer::keep(const FoundFile& found) { tree_->keep(found); }
Result<RestoredFile> Restorer::create(const stream::Entry& entry) { return tree_->create(entry); }
Status Restorer::make(const stream::Entry& entry) { return tree_->make(entry); }
Status Restorer::rename(std::string_view from, std::string_view to) {
  return tree_->rename(from, to);
}
void Restorer::limit_waiting(std::uint64_t bytes_max) noexcept { tree_->limit_waiting(bytes_max); }
Result<std::vector<stream::Problem>> Restorer::finish() { return tree_->finish(); }

}  // namespace letterpress::files
