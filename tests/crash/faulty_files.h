// SPDX-License-Identifier: Apache-2.0
// Layers over any FileSystem: one that logs each call and does something before one of them, and
// one that makes calls fail.
//
//   FaultyFiles faulty(files);
//   faulty.fail({.call = 17, .error_number = EIO, .lasts = FaultyFiles::Lasts::kThisKind});
#pragma once

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vault/storage/file_system.h"

namespace letterpress::vault {

// Passes every call on. on_call() may answer instead, with a negative errno.
class RecordingFiles : public FileSystem {
 public:
  explicit RecordingFiles(FileSystem& below) : below_(below) {}

  // The names of the calls so far: "open", "write", "sync_file", ...
  const std::vector<std::string>& calls() const noexcept { return calls_; }
  // Called before call number `call`, counted from 0; a run of another program in between.
  void before(std::size_t call, std::function<void()> action) {
    before_ = {call, std::move(action)};
  }

  int open(int folder, const char* name, int flags, unsigned mode) override {
    const int answer = on_call("open");
    return answer < 0 ? answer : below_.open(folder, name, flags, mode);
  }
  void close(int file) override { below_.close(file); }
  int allocate(int file, std::uint64_t count) override {
    const int answer = on_call("allocate");
    return answer < 0 ? answer : below_.allocate(file, count);
  }
  std::int64_t write(int file, ByteView bytes) override {
    const int answer = on_call("write");
    if (answer == kShort) return below_.write(file, bytes.first((bytes.size() + 1) / 2));
    return answer < 0 ? answer : below_.write(file, bytes);
  }
  std::int64_t read_at(int file, std::uint64_t offset, std::span<std::uint8_t> into) override {
    const int answer = on_call("read_at");
    if (answer == kShort) return below_.read_at(file, offset, into.first((into.size() + 1) / 2));
    return answer < 0 ? answer : below_.read_at(file, offset, into);
  }
  int status(int file, FileStatus& status) override {
    const int answer = on_call("status");
    return answer < 0 ? answer : below_.status(file, status);
  }
  int status_at(int folder, const char* name, FileStatus& status) override {
    const int answer = on_call("status_at");
    return answer < 0 ? answer : below_.status_at(folder, name, status);
  }
  int list(int folder, std::vector<std::string>& names) override {
    const int answer = on_call("list");
    return answer < 0 ? answer : below_.list(folder, names);
  }
  int sync_file(int file) override {
    const int answer = on_call("sync_file");
    return answer < 0 ? answer : below_.sync_file(file);
  }
  int sync_folder(int folder) override {
    const int answer = on_call("sync_folder");
    return answer < 0 ? answer : below_.sync_folder(folder);
  }
  int link(int file, int folder, const char* name) override {
    const int answer = on_call("link");
    return answer < 0 ? answer : below_.link(file, folder, name);
  }
  int rename_no_replace(int from, const char* from_name, int to, const char* to_name) override {
    const int answer = on_call("rename_no_replace");
    return answer < 0 ? answer : below_.rename_no_replace(from, from_name, to, to_name);
  }
  int remove(int folder, const char* name) override {
    const int answer = on_call("remove");
    return answer < 0 ? answer : below_.remove(folder, name);
  }
  int make_folder(int folder, const char* name, unsigned mode) override {
    const int answer = on_call("make_folder");
    return answer < 0 ? answer : below_.make_folder(folder, name, mode);
  }

 protected:
  static constexpr int kShort = -100'000;  // writes and reads do half of what they are asked for

  // 0, or what the call gives instead of being passed on.
  virtual int answer_to(std::size_t /*call*/, const std::string& /*name*/) { return 0; }

 private:
  int on_call(const char* name) {
    calls_.emplace_back(name);
    const std::size_t call = calls_.size() - 1;
    if (before_ && before_->first == call) {
      const std::function<void()> action = std::move(before_->second);
      before_.reset();
      action();
    }
    return answer_to(call, name);
  }

  FileSystem& below_;
  std::vector<std::string> calls_;
  std::optional<std::pair<std::size_t, std::function<void()>>> before_;
};

class FaultyFiles final : public RecordingFiles {
 public:
  using RecordingFiles::RecordingFiles;
  enum class Lasts : std::uint8_t {
    kOnce,
    kThisKind,    // from this call on, each of its kind
    kEverything,  // from this call on, all: the disk is gone, or the program was killed
  };
  struct Fault {
    std::size_t call = 0;
    int error_number = EIO;  // 0: short reads and writes
    Lasts lasts = Lasts::kOnce;
  };
  void fail(const Fault& fault) { fault_ = fault; }
  void heal() { fault_.reset(); }
  bool has_failed() const noexcept { return has_failed_; }

 private:
  int answer_to(std::size_t call, const std::string& name) override {
    if (!fault_ || call < fault_->call) return 0;
    if (call == fault_->call) kind_ = name;
    if (fault_->lasts == Lasts::kOnce && call != fault_->call) return 0;
    if (fault_->lasts == Lasts::kThisKind && name != kind_) return 0;
    // A call that takes no count cannot be short.
    if (fault_->error_number == 0 && name != "write" && name != "read_at") return 0;
    has_failed_ = true;
    return fault_->error_number == 0 ? kShort : -fault_->error_number;
  }

  std::optional<Fault> fault_;
  std::string kind_;
  bool has_failed_ = false;
};

}  // namespace letterpress::vault
