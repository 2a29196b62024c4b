// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/volume_slots.h"

#include <algorithm>

#include "vault/limits.h"
#include "vault/storage/layout.h"
#include "vault/storage/path_parts.h"

namespace letterpress::vault {

namespace {

Error not_this_volume(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

// What systems put on an empty disk, and what an interrupted put leaves.
bool is_nobodys(const std::string& name) {
  return name == "lost+found" || name == "System Volume Information" || name == "$RECYCLE.BIN" ||
         name == "tmp" || name == kSetAsideFolder || name.starts_with(".Trash") ||
         name.starts_with(".fseventsd");
}

// The label; nothing: the folder is empty, or has a label that was cut short and nothing else: the
// label comes first.
Result<std::optional<VolumeLabel>> look_at(const Storage& storage) {
  LETTERPRESS_TRY_ASSIGN(std::vector<StoredName> names, storage.list("."));
  std::erase_if(names, [](const StoredName& name) { return is_nobodys(name.name); });
  const auto first = names.begin();
  if (first == names.end()) return std::optional<VolumeLabel>();
  const std::string path(kVolumeLabelName);
  const Result<Bytes> bytes = storage.read(path, 0, kLabelledTextBytesMax);
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) {
    return not_this_volume(
        storage.full_path(first->name) +
        ": this folder is not empty and is no volume; a volume is written to an empty "
        "folder, or goes on in the one where it was begun");
  }
  if (!bytes) return bytes.error().copy();
  Result<VolumeLabel> label = decode_label(*bytes, storage.full_path(path));
  if (label) return std::optional<VolumeLabel>(*std::move(label));
  const bool is_readable = label.error().code() == ErrorCode::kUnsupported;  // by another version
  if (names.size() == 1 && !is_readable) return std::optional<VolumeLabel>();
  return not_this_volume(label.error().message() +
                         "; give an empty folder in its place, and it is written anew");
}

}  // namespace

Result<bool> put_for_torn(Storage& storage, const std::string& path, ByteView bytes) {
  const PathParts parts = split_path(path);
  Status put = storage.put_if_absent(parts.folder, parts.name, bytes);
  if (put) return false;
  if (put.error().code() != ErrorCode::kCorrupt) return std::move(put).error();
  if (Status aside = storage.set_aside(path); !aside) {
    // What storages that cannot do it say is less than what was wrong.
    return aside.error().code() == ErrorCode::kUnsupported ? std::move(put).error()
                                                           : std::move(aside).error();
  }
  LETTERPRESS_TRY(storage.put_if_absent(parts.folder, parts.name, bytes));
  return true;
}

Result<VolumeSlots> VolumeSlots::adopt(std::vector<std::unique_ptr<Storage>> storages,
                                       VolumeCounts counts) {
  LETTERPRESS_TRY(check_counts(counts));
  if (storages.size() != counts.all()) {
    return not_this_volume("a folder for each volume is needed");
  }
  VolumeSlots slots;
  slots.slots_.resize(counts.all());
  std::vector<std::unique_ptr<Slot>> empty;
  for (std::unique_ptr<Storage>& storage : storages) {
    LETTERPRESS_TRY_ASSIGN(const std::optional<VolumeLabel> label, look_at(*storage));
    auto slot = std::make_unique<Slot>();
    slot->storage = std::move(storage);
    if (!label) {
      empty.push_back(std::move(slot));
      continue;
    }
    const std::string file = slot->storage->full_path(std::string(kVolumeLabelName));
    if (slots.set_ && *slots.set_ != label->set) {
      return not_this_volume(file + ": is a volume of another set (" + to_hex(label->set.bytes) +
                             ") than the others (" + to_hex(slots.set_->bytes) + ")");
    }
    if (label->counts != counts) {
      return not_this_volume(file + ": its set was begun with " +
                             std::to_string(label->counts.all()) + " volumes and parity " +
                             std::to_string(label->counts.parity) +
                             "; name as many, or empty folders for a new set");
    }
    slots.set_ = label->set;
    const std::string seal(kVolumeSealName);
    const Result<Bytes> text = slot->storage->read(seal, 0, kManifestBytesMax);
    slot->is_sealed = text && decode_seal(*text, seal);
    if (slots.slots_[label->number] != nullptr) {
      return not_this_volume(file + ": is volume " + std::to_string(label->number + 1) +
                             ", as another folder is");
    }
    slots.slots_[label->number] = std::move(slot);
  }
  std::size_t next = 0;
  for (std::unique_ptr<Slot>& slot : slots.slots_) {
    if (slot == nullptr) slot = std::move(empty[next++]);
  }
  return slots;
}

Bytes VolumeSlots::read_manifest() const {
  const std::string path(kVolumeManifestName);
  for (const auto& slot : slots_) {
    Result<Bytes> bytes = slot->storage->read(path, 0, kManifestBytesMax);
    if (bytes && decode_manifest(*bytes, path)) return *std::move(bytes);
  }
  return {};
}

void VolumeSlots::begin(const VolumeManifest& manifest, const std::vector<std::string>& folders) {
  for (unsigned number = 0; number < slots_.size(); ++number) {
    const std::string label = encode_label({manifest.set, manifest.vault, number, manifest.counts});
    put(number, std::string(kVolumeLabelName), as_bytes(label));
    Slot& slot = *slots_[number];
    if (is_failed(number)) continue;
    if (Status made = slot.storage->make_folders(folders); !made) fail(slot, made.error());
  }
}

void VolumeSlots::put(unsigned number, const std::string& path, ByteView bytes) {
  Slot& slot = *slots_[number];
  const std::lock_guard lock(slot.mutex);
  if (!slot.failure.empty()) return;
  if (slot.is_sealed) {
    const PathParts parts = split_path(path);
    if (Status done = slot.storage->put_if_absent(parts.folder, parts.name, bytes); !done) {
      slot.failure = done.error().message();
    }
    return;
  }
  const Result<bool> was_torn = put_for_torn(*slot.storage, path, bytes);
  if (!was_torn) slot.failure = was_torn.error().message();
  if (was_torn && *was_torn) ++slot.set_aside;
}

void VolumeSlots::fail(Slot& slot, const Error& error) const {
  const std::lock_guard lock(slot.mutex);
  if (slot.failure.empty()) slot.failure = error.message();
}

bool VolumeSlots::is_failed(unsigned number) const {
  const std::lock_guard lock(slots_[number]->mutex);
  return !slots_[number]->failure.empty();
}

std::size_t VolumeSlots::failed_count() const {
  std::size_t count = 0;
  for (unsigned number = 0; number < slots_.size(); ++number) count += is_failed(number);
  return count;
}

std::size_t VolumeSlots::set_aside_count() const {
  std::size_t count = 0;
  for (const auto& slot : slots_) {
    const std::lock_guard lock(slot->mutex);
    count += slot->set_aside;
  }
  return count;
}

std::vector<std::unique_ptr<Storage>> VolumeSlots::release() && {
  std::vector<std::unique_ptr<Storage>> storages;
  for (auto& slot : slots_) storages.push_back(std::move(slot->storage));
  return storages;
}

}  // namespace letterpress::vault
