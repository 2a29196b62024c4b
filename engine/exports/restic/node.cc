// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/node.h"

#include <grp.h>
#include <pwd.h>
#include <sodium.h>

#include <cerrno>

#include "exports/restic/go_text.h"
#include "exports/restic/time_text.h"

namespace letterpress::restic {
namespace {

using stream::EntryType;
using stream::Metadata;

// Go's file modes: the permissions, and these.
constexpr std::uint32_t kGoFolder = 1U << 31;
constexpr std::uint32_t kGoSymlink = 1U << 27;
constexpr std::uint32_t kGoSetUser = 1U << 23;
constexpr std::uint32_t kGoSetGroup = 1U << 22;
constexpr std::uint32_t kGoSticky = 1U << 20;

constexpr std::size_t kNameBytesMax = std::size_t{1} << 20;

std::uint32_t go_mode(const Metadata& metadata) {
  std::uint32_t mode = metadata.mode & 0777;
  if ((metadata.mode & 04000) != 0) mode |= kGoSetUser;
  if ((metadata.mode & 02000) != 0) mode |= kGoSetGroup;
  if ((metadata.mode & 01000) != 0) mode |= kGoSticky;
  if (metadata.type == EntryType::kFolder) mode |= kGoFolder;
  if (metadata.type == EntryType::kSymlink) mode |= kGoSymlink;
  return mode;
}

// Calls get(buffer, size) with larger buffers until the answer fits.
template <class Get>
std::string looked_up(Get get) {
  for (std::string buffer(1024, '\0'); buffer.size() <= kNameBytesMax;
       buffer.resize(buffer.size() * 4)) {
    std::string name;
    if (get(buffer.data(), buffer.size(), name) != ERANGE) return name;
  }
  return {};
}

void append_hex(std::string& out, ByteView bytes) {
  const std::size_t begin = out.size();
  out.resize(begin + 2 * bytes.size() + 1);
  sodium_bin2hex(out.data() + begin, 2 * bytes.size() + 1, bytes.data(), bytes.size());
  out.pop_back();  // the zero byte behind it
}

void append_content(std::string& json, ByteView ids) {
  constexpr std::size_t kIdBytes = sizeof(BlobId);
  json += '[';
  for (std::size_t at = 0; at < ids.size(); at += kIdBytes) {
    json += at == 0 ? "\"" : ",\"";
    append_hex(json, ids.subspan(at, kIdBytes));
    json += '"';
  }
  json += ']';
}

void append_number(std::string& json, std::string_view name, std::uint64_t value) {
  json += name;
  json += std::to_string(value);
}

void append_target(std::string& json, const std::string& target) {
  json += R"(,"linktarget":)";
  append_json_text(json, target);
  if (is_utf8(target)) return;
  std::string base64(sodium_base64_encoded_len(target.size(), sodium_base64_VARIANT_ORIGINAL), 0);
  sodium_bin2base64(base64.data(), base64.size(), as_bytes(target).data(), target.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  base64.pop_back();
  json += R"(,"linktarget_raw":")" + base64 + '"';
}

}  // namespace

const std::string& NodeWriter::user_name(std::uint32_t id) {
  const auto [at, is_new] = users_.try_emplace(id);
  if (is_new && names_owners_) {
    at->second = looked_up([&](char* buffer, std::size_t size, std::string& name) {
      struct passwd entry {};
      struct passwd* found = nullptr;
      const int error = ::getpwuid_r(id, &entry, buffer, size, &found);
      if (found != nullptr) name = found->pw_name;
      return error;
    });
  }
  return at->second;
}

const std::string& NodeWriter::group_name(std::uint32_t id) {
  const auto [at, is_new] = groups_.try_emplace(id);
  if (is_new && names_owners_) {
    at->second = looked_up([&](char* buffer, std::size_t size, std::string& name) {
      struct group entry {};
      struct group* found = nullptr;
      const int error = ::getgrgid_r(id, &entry, buffer, size, &found);
      if (found != nullptr) name = found->gr_name;
      return error;
    });
  }
  return at->second;
}

// The order of the fields is restic's.
void NodeWriter::append(std::string& json, const Node& node) {
  const Metadata& metadata = *node.metadata;
  const EntryType type = metadata.type;
  json += R"({"name":)";
  append_json_name(json, node.name);
  json += type == EntryType::kFolder    ? R"(,"type":"dir")"
          : type == EntryType::kSymlink ? R"(,"type":"symlink")"
                                        : R"(,"type":"file")";
  if (const std::uint32_t mode = go_mode(metadata); mode != 0) {
    append_number(json, R"(,"mode":)", mode);
  }
  const std::string mtime = local_time_text(metadata.mtime_ns);
  json += R"(,"mtime":")" + mtime + R"(","atime":")" + mtime + R"(","ctime":")";
  // A source that knows an inode, and no ctime, says that the file is to be read again next time.
  const bool has_ctime = node.identity.ctime_ns != 0 || node.identity.inode != 0;
  append_local_time(json, has_ctime ? node.identity.ctime_ns : metadata.mtime_ns);
  append_number(json, R"(","uid":)", metadata.user_id);
  append_number(json, R"(,"gid":)", metadata.group_id);
  if (const std::string& name = user_name(metadata.user_id); !name.empty()) {
    json += R"(,"user":)";
    append_json_text(json, name);
  }
  if (const std::string& name = group_name(metadata.group_id); !name.empty()) {
    json += R"(,"group":)";
    append_json_text(json, name);
  }
  if (node.identity.inode != 0) append_number(json, R"(,"inode":)", node.identity.inode);
  if (node.identity.device != 0) append_number(json, R"(,"device_id":)", node.identity.device);
  if (node.size_bytes != 0) append_number(json, R"(,"size":)", node.size_bytes);
  if (type != EntryType::kFolder) append_number(json, R"(,"links":)", node.links);
  if (type == EntryType::kSymlink) append_target(json, metadata.target);
  json += R"(,"content":)";
  if (type == EntryType::kFolder || type == EntryType::kSymlink) {
    json += "null";
  } else {
    append_content(json, node.content);
  }
  if (node.tree != nullptr) {
    json += R"(,"subtree":")";
    append_hex(json, node.tree->bytes);
    json += '"';
  }
  json += '}';
}

}  // namespace letterpress::restic
