// SPDX-License-Identifier: Apache-2.0
#include "crash/simulated_files.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <functional>

namespace letterpress::vault {

SimulatedFiles::SimulatedFiles(Options options) : options_(std::move(options)) {
  add_node(true);
  forget_journal();
}

SimulatedFiles::SimulatedFiles(const SimulatedFiles& other)
    : options_(other.options_),
      nodes_(other.nodes_),
      journal_(other.journal_),
      durable_(other.durable_),
      durable_files_(other.durable_files_),
      syncs_(other.syncs_) {}

SimulatedFiles::Inode SimulatedFiles::add_node(bool is_folder) {
  nodes_.push_back({.is_folder = is_folder});
  return nodes_.size() - 1;
}

void SimulatedFiles::put(const std::string& path, SharedBytes bytes) {
  Inode folder = kRoot;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, slash - at);
    const bool is_last = slash == path.size();
    const auto found = nodes_[folder].names.find(part);
    if (found != nodes_[folder].names.end()) {
      folder = found->second;
    } else {
      const Inode made = add_node(!is_last || bytes == nullptr);
      if (is_last && bytes != nullptr) nodes_[made].bytes = bytes;
      nodes_[folder].names[part] = made;
      folder = made;
    }
    at = slash + 1;
  }
}

SharedBytes SimulatedFiles::find(const std::string& path) const {
  const Location at = locate(AT_FDCWD, path);
  return at.inode == kNone || nodes_[at.inode].is_folder ? nullptr : nodes_[at.inode].bytes;
}

std::map<std::string, SharedBytes> SimulatedFiles::tree() const {
  std::map<std::string, SharedBytes> tree;
  const std::function<void(Inode, const std::string&)> walk = [&](Inode folder,
                                                                  const std::string& start) {
    for (const auto& [name, inode] : nodes_[folder].names) {
      tree[start + name] = nodes_[inode].is_folder ? nullptr : nodes_[inode].bytes;
      if (nodes_[inode].is_folder) walk(inode, start + name + '/');
    }
  };
  walk(kRoot, "");
  return tree;
}

void SimulatedFiles::forget_journal() {
  journal_.clear();
  durable_.clear();
  durable_files_.clear();
  for (const Node& node : nodes_) {
    durable_.push_back(node.names);
    durable_files_.push_back(node.bytes);
  }
}

SimulatedFiles::Location SimulatedFiles::locate(int folder, std::string_view path) const {
  Location at;
  Inode inode = kRoot;
  if (folder != AT_FDCWD) {
    const auto opened = open_.find(folder);
    if (opened == open_.end()) return {.error = -EBADF};
    inode = opened->second.inode;
  }
  at.inode = inode;
  at.folder = inode;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (at.inode == kNone) return {.error = -ENOENT};
    if (!nodes_[at.inode].is_folder) return {.error = -ENOTDIR};
    at.folder = at.inode;
    at.name = part;
    const auto found = nodes_[at.folder].names.find(at.name);
    at.inode = found == nodes_[at.folder].names.end() ? kNone : found->second;
  }
  return at;
}

void SimulatedFiles::name(Inode folder, const std::string& name, Inode inode) {
  if (inode == kNone) {
    nodes_[folder].names.erase(name);
  } else {
    nodes_[folder].names[name] = inode;
  }
  journal_.push_back({Event::What::kName, folder, name, inode});
}

int SimulatedFiles::open(int folder, const char* name, int flags, unsigned /*mode*/) {
  const std::lock_guard lock(mutex_);
  const Location at = locate(folder, name);
  if (at.error != 0) return at.error;
  Inode inode = at.inode;
  if ((flags & O_TMPFILE) == O_TMPFILE) {
    if (!options_.has_tmpfile) return -EOPNOTSUPP;
    inode = add_node(false);
  } else if ((flags & O_CREAT) != 0) {
    if (inode != kNone) return -EEXIST;
    inode = add_node(false);
    this->name(at.folder, at.name, inode);
  } else {
    if (inode == kNone) return -ENOENT;
    if ((flags & O_DIRECTORY) != 0 && !nodes_[inode].is_folder) return -ENOTDIR;
  }
  open_[next_descriptor_] = {inode};
  return next_descriptor_++;
}

void SimulatedFiles::close(int file) {
  const std::lock_guard lock(mutex_);
  open_.erase(file);
}

// Room does not show in the journal: what a cut leaves of a file has any length anyway.
int SimulatedFiles::allocate(int file, std::uint64_t /*count*/) {
  const std::lock_guard lock(mutex_);
  return open_.contains(file) ? 0 : -EBADF;
}

std::int64_t SimulatedFiles::write(int file, ByteView bytes) {
  const std::lock_guard lock(mutex_);
  const auto opened = open_.find(file);
  if (opened == open_.end()) return -EBADF;
  Node& node = nodes_[opened->second.inode];
  Bytes grown(*node.bytes);
  grown.resize(std::max(grown.size(), opened->second.offset + bytes.size()));
  std::copy(bytes.begin(), bytes.end(),
            grown.begin() + static_cast<std::ptrdiff_t>(opened->second.offset));
  opened->second.offset += bytes.size();
  node.bytes = std::make_shared<const Bytes>(std::move(grown));
  journal_.push_back({Event::What::kBytes, opened->second.inode, {}, kNone, node.bytes});
  return static_cast<std::int64_t>(bytes.size());
}

std::int64_t SimulatedFiles::read_at(int file, std::uint64_t offset, std::span<std::uint8_t> into) {
  const std::lock_guard lock(mutex_);
  const auto opened = open_.find(file);
  if (opened == open_.end()) return -EBADF;
  const Node& node = nodes_[opened->second.inode];
  if (node.is_folder) return -EISDIR;
  const ByteView bytes = *node.bytes;
  const ByteView rest = bytes.subspan(std::min<std::uint64_t>(offset, bytes.size()));
  const ByteView part = rest.first(std::min(rest.size(), into.size()));
  std::copy(part.begin(), part.end(), into.begin());
  return static_cast<std::int64_t>(part.size());
}

FileSystem::FileStatus SimulatedFiles::status_of(Inode inode) const {
  const Node& node = nodes_[inode];
  if (node.is_folder) return {Kind::kFolder, 0};
  return {Kind::kFile, node.bytes->size()};
}

int SimulatedFiles::status(int file, FileStatus& status) {
  const std::lock_guard lock(mutex_);
  const auto opened = open_.find(file);
  if (opened == open_.end()) return -EBADF;
  status = status_of(opened->second.inode);
  return 0;
}

int SimulatedFiles::status_at(int folder, const char* name, FileStatus& status) {
  const std::lock_guard lock(mutex_);
  const Location at = locate(folder, name);
  if (at.error != 0) return at.error;
  if (at.inode == kNone) return -ENOENT;
  status = status_of(at.inode);
  return 0;
}

int SimulatedFiles::list(int folder, std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  const Location at = locate(folder, ".");
  if (at.error != 0) return at.error;
  names.clear();
  for (const auto& [name, inode] : nodes_[at.inode].names) names.push_back(name);
  return 0;
}

int SimulatedFiles::sync(int file, Event::What what) {
  const std::lock_guard lock(mutex_);
  const auto opened = open_.find(file);
  if (opened == open_.end()) return -EBADF;
  const std::size_t number = syncs_.size();
  syncs_.push_back(journal_.size());
  if (options_.swallowed_syncs.contains(number)) return 0;
  const bool fails = options_.failed_syncs.contains(number);
  journal_.push_back({fails ? Event::What::kLost : what, opened->second.inode});
  return fails ? -EIO : 0;
}

int SimulatedFiles::sync_file(int file) { return sync(file, Event::What::kSyncFile); }
int SimulatedFiles::sync_folder(int folder) { return sync(folder, Event::What::kSyncFolder); }

int SimulatedFiles::link(int file, int folder, const char* name) {
  const std::lock_guard lock(mutex_);
  const auto opened = open_.find(file);
  if (opened == open_.end()) return -EBADF;
  const Location at = locate(folder, name);
  if (at.error != 0) return at.error;
  if (at.inode != kNone) return -EEXIST;
  this->name(at.folder, at.name, opened->second.inode);
  return 0;
}

int SimulatedFiles::rename_no_replace(int from, const char* from_name, int to,
                                      const char* to_name) {
  const std::lock_guard lock(mutex_);
  if (!options_.has_rename_no_replace) return -EINVAL;
  const Location source = locate(from, from_name);
  const Location target = locate(to, to_name);
  if (source.error != 0 || target.error != 0) return std::min(source.error, target.error);
  if (source.inode == kNone) return -ENOENT;
  if (target.inode != kNone) return -EEXIST;
  // Not one step: not every file system has a journal.
  name(target.folder, target.name, source.inode);
  name(source.folder, source.name, kNone);
  return 0;
}

int SimulatedFiles::remove(int folder, const char* name) {
  const std::lock_guard lock(mutex_);
  const Location at = locate(folder, name);
  if (at.error != 0) return at.error;
  if (at.inode == kNone) return -ENOENT;
  if (nodes_[at.inode].is_folder) return -EISDIR;
  this->name(at.folder, at.name, kNone);
  return 0;
}

int SimulatedFiles::make_folder(int folder, const char* name, unsigned /*mode*/) {
  const std::lock_guard lock(mutex_);
  const Location at = locate(folder, name);
  if (at.error != 0) return at.error;
  if (at.inode != kNone) return -EEXIST;
  this->name(at.folder, at.name, add_node(true));
  return 0;
}

}  // namespace letterpress::vault
