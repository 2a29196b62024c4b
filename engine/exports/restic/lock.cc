// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/lock.h"

#include <nlohmann/json.hpp>

#include "exports/restic/read_json.h"
#include "exports/restic/time_text.h"

namespace letterpress::restic {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::minutes kRefreshAfter{5};
// In memory it takes up to 16 times as much.
constexpr std::size_t kLockBytesMax = std::size_t{1} << 20;

std::string text_of(const ReadJson& lock, const char* name) {
  const auto found = lock.find(name);
  // What is nested is not written out: that takes stack for each level.
  if (found == lock.end() || found->is_structured()) return "?";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// One that says it in a way that is not known counts. Nothing is copied, for the same reason.
bool is_exclusive(const ReadJson& lock) {
  const auto found = lock.find("exclusive");
  if (found == lock.end()) return false;
  return !found->is_boolean() || found->get<bool>();
}

}  // namespace

Result<Lock> Lock::take(RepositoryFolder& folder, Box& box, const LockHolder& holder) {
  Lock lock(folder, box, holder);
  LETTERPRESS_TRY(lock.require_no_exclusive());
  LETTERPRESS_TRY(lock.write());
  // Whoever took his meanwhile sees ours, or we see his: both write before they look again.
  LETTERPRESS_TRY(lock.require_no_exclusive());
  return lock;
}

Lock::Lock(Lock&& other) noexcept
    : folder_(other.folder_),
      box_(other.box_),
      holder_(std::move(other.holder_)),
      name_(std::exchange(other.name_, {})),
      written_(other.written_) {}

Lock::~Lock() {
  // What stays behind is what a killed program leaves: `restic unlock` takes it away.
  if (!name_.empty()) static_cast<void>(folder_->remove("locks/" + name_));
}

Status Lock::write() {
  Json lock = {{"time", local_time_text(now_ns())},
               {"exclusive", false},
               {"hostname", holder_.host},
               {"username", holder_.user},
               {"pid", holder_.process}};
  if (holder_.user_id != 0) lock["uid"] = holder_.user_id;
  if (holder_.group_id != 0) lock["gid"] = holder_.group_id;
  const std::string json = lock.dump(-1, ' ', false, Json::error_handler_t::replace);
  LETTERPRESS_TRY_ASSIGN(name_, put_unpacked(*folder_, *box_, "locks", json));
  written_ = Clock::now();
  return Ok{};
}

Status Lock::require_no_exclusive() const {
  LETTERPRESS_TRY_ASSIGN(const std::vector<std::string> names, folder_->list("locks"));
  for (const std::string& name : names) {
    if (name == name_ || name.size() != 64) continue;
    Result<std::string> text = get_unpacked(*folder_, *box_, "locks/" + name);
    // Its owner has finished.
    if (!text && text.error().code() == ErrorCode::kNotFound) continue;
    if (!text) {
      return Error(text.error().code(), text.error().message() +
                                            "; if no restic is at work on the repository, run "
                                            "restic unlock --remove-all");
    }
    const ReadJson lock =
        text->size() > kLockBytesMax ? ReadJson() : ReadJson::parse(*text, nullptr, false);
    if (!lock.is_object()) {
      return Error(ErrorCode::kCorrupt, folder_->full_path("locks/" + name) + ": is no lock");
    }
    if (is_exclusive(lock)) {
      return Error(ErrorCode::kIo, folder_->path() + ": is locked exclusively by process " +
                                       text_of(lock, "pid") + " on " + text_of(lock, "hostname") +
                                       " (" + text_of(lock, "username") + ") since " +
                                       text_of(lock, "time") +
                                       "; wait for it, or, if it was killed, run restic unlock");
    }
  }
  return Ok{};
}

Status Lock::refresh_if_old() {
  if (Clock::now() - written_ < kRefreshAfter) return Ok{};
  const std::string old_name = name_;
  LETTERPRESS_TRY(write());
  return folder_->remove("locks/" + old_name);
}

Status Lock::require_held() const {
  LETTERPRESS_TRY_ASSIGN(const bool is_there, folder_->has("locks/" + name_));
  if (is_there) return Ok{};
  return Error(ErrorCode::kIo, folder_->full_path("locks/" + name_) +
                                   ": our lock was removed while we were at work; run it again");
}

}  // namespace letterpress::restic
