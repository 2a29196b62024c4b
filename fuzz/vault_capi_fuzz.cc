// SPDX-License-Identifier: Apache-2.0
// Calls of letterpress_vault.h in any order: keys, a vault, backups, snapshots and restores, with
// good arguments, bad ones and NULL, handles that were freed in any order, callbacks that fail when
// the input says so and misuse the handle that calls them.
// Invariants: no call crashes; its result is a code or what a callback returned, unchanged, and a
// code other than 0 has a text; inside its own callbacks a handle refuses calls and is not freed; a
// cancelled handle does nothing more; of a backup that was acknowledged every entry that was ended
// comes back byte for byte, through new handles, by a read and by a restore.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <fstream>
#include <map>
#include <string>

#include "damage.h"
#include "letterpress_vault.h"
#include "require.h"
#include "working_folder.h"

namespace {

using letterpress::append;
using letterpress::as_text;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;

using Contents = std::map<std::string, Bytes>;

struct Acknowledged {
  std::string snapshot;
  Contents contents;
};

template <class Struct>
Struct sized() {
  Struct made = {};
  made.struct_size = sizeof made;
  return made;
}

class Calls {
 public:
  explicit Calls(FuzzInput& input) : input_(input), folder_(letterpress::fuzz::empty_folder()) {
    std::filesystem::create_directory(folder_ + "/source");
    std::ofstream(folder_ + "/source/x") << "a file that is there";
    require(letterpress_vault_key_make_recovery(&keys_[0]) == 0);
    require(letterpress_vault_key_text(keys_[0], nullptr, keep_text, this) == 0);
    recovery_text_ = text_;
    require(letterpress_vault_make(path("vault").c_str(), keys_[0], nullptr, 0, &vault_) == 0);
    require(letterpress_vault_add_writer(vault_, "mx1", keys_[0], nullptr, 0, &keys_[1]) == 0);
    if (input.up_to(3) == 0) calls_until_no_ = static_cast<unsigned>(input.up_to(30));
  }
  ~Calls() { free_all(); }
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  void call_all() {
    for (int calls = 0; calls < 60 && !input_.is_empty(); ++calls) call_one();
    if (backup_ != nullptr) finish_backup();
    free_all();
  }

  void check_back() {
    calls_until_no_ = UINT_MAX;
    if (acknowledged_.empty()) return;
    require(letterpress_vault_key_parse(recovery_text_.data(), recovery_text_.size(), nullptr,
                                        &keys_[0]) == 0);
    require(letterpress_vault_open(path("vault").c_str(), &vault_) == 0);
    for (const Acknowledged& made : acknowledged_) {
      letterpress_vault_snapshot_free(snapshot_);
      require(letterpress_vault_snapshot_open(vault_, keys_[0], made.snapshot.c_str(),
                                              &snapshot_) == 0);
      for (const auto& [name, bytes] : made.contents) {
        text_.clear();
        require(letterpress_vault_snapshot_read(snapshot_, name.c_str(), 0, UINT64_MAX, add_text,
                                                this) == 0);
        require(text_ == as_text(bytes));
      }
    }
    check_restore(acknowledged_.back().contents);
  }

 private:
  static Calls& of(void* user) { return *static_cast<Calls*>(user); }

  static int keep_text(void* user, const std::uint8_t* bytes, std::size_t count) {
    of(user).text_ = as_text(ByteView(bytes, count));
    return of(user).answer();
  }
  static int add_text(void* user, const std::uint8_t* bytes, std::size_t count) {
    of(user).text_ += as_text(ByteView(bytes, count));
    return of(user).answer();
  }

  // What a callback returns; it misuses its handle before.
  int answer() {
    misuse();
    if (calls_until_no_-- != 0) return 0;
    static constexpr std::array<int, 5> kNo = {-7, -1, INT_MIN, INT_MAX, 3};
    said_ = kNo[no_++ % kNo.size()];
    return said_;
  }
  void misuse() {
    if (running_ == Running::kVault) {
      require(letterpress_vault_witness(vault_, keep_text, this) == LETTERPRESS_INVALID_ARGUMENT);
      letterpress_vault_free(vault_);
    } else if (running_ == Running::kBackup) {
      require(letterpress_vault_backup_end_entry(backup_) == LETTERPRESS_INVALID_ARGUMENT);
      letterpress_vault_backup_free(backup_);
    } else if (running_ == Running::kSnapshot) {
      require(letterpress_vault_snapshot_read(snapshot_, "m", 0, 1, keep_text, this) ==
              LETTERPRESS_INVALID_ARGUMENT);
      letterpress_vault_snapshot_free(snapshot_);
    }
  }

  enum class Running { kNothing, kVault, kBackup, kSnapshot };

  // What every call must keep to. `text` is "" only without a handle.
  int noted(int code, const char* text, bool has_handle = true) {
    running_ = Running::kNothing;
    require(said_ == 0 ? code >= 0 && code <= LETTERPRESS_CANCELLED : code == said_);
    said_ = 0;
    require(text != nullptr && (code == 0 || !has_handle || text[0] != '\0'));
    require(has_handle || code == LETTERPRESS_INVALID_ARGUMENT);
    return code;
  }
  template <class Call>
  int on_vault(Call call) {
    if (vault_ != nullptr) running_ = Running::kVault;
    const int code = call();
    return noted(code, letterpress_vault_error(vault_), vault_ != nullptr);
  }
  template <class Call>
  int on_backup(Call call) {
    if (backup_ != nullptr) running_ = Running::kBackup;
    const int code = call();
    require(!is_backup_cancelled_ || code != 0);
    return noted(code, letterpress_vault_backup_error(backup_), backup_ != nullptr);
  }
  template <class Call>
  int on_snapshot(Call call) {
    if (snapshot_ != nullptr) running_ = Running::kSnapshot;
    const int code = call();
    return noted(code, letterpress_vault_snapshot_error(snapshot_), snapshot_ != nullptr);
  }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  bool rarely() { return input_.up_to(31) == 0; }
  letterpress_vault_key* any_key() { return keys_[input_.size_up_to(keys_.size() - 1)]; }
  // Mostly the one that is right.
  letterpress_vault_key* key(std::size_t right) {
    return input_.up_to(7) == 0 ? any_key() : keys_[right];
  }
  // One that is free, its handle freed before; never the first two.
  letterpress_vault_key*& key_slot() {
    letterpress_vault_key*& slot = keys_[2 + input_.size_up_to(keys_.size() - 3)];
    letterpress_vault_key_free(slot);
    slot = nullptr;
    return slot;
  }
  // A reference: the call that gives `code` may set it.
  int noted_key(int code, letterpress_vault_key* const& made) {
    return noted(code, letterpress_vault_key_error(made), made != nullptr);
  }

  void call_key() {
    const auto what = input_.up_to(7);
    if (what == 0) {
      letterpress_vault_key*& slot = key_slot();
      noted_key(letterpress_vault_key_make_reader(&slot), slot);
      require(letterpress_vault_key_get_kind(slot) == LETTERPRESS_VAULT_READER_KEY);
    } else if (what == 1) {
      letterpress_vault_key*& slot = key_slot();
      noted_key(letterpress_vault_key_make_public(any_key(), &slot), slot);
    } else if (what == 2) {
      letterpress_vault_key* held = any_key();
      const int code =
          letterpress_vault_key_text(held, nullptr, rarely() ? nullptr : keep_text, this);
      noted_key(code, held);
    } else if (what == 3) {
      parse_key();
    } else if (what == 4) {
      letterpress_vault_key* held = any_key();
      const bool is_there = std::filesystem::exists(path("key"));
      const int code = letterpress_vault_key_write(held, path("key").c_str(), nullptr);
      require(noted_key(code, held) != 0 || !is_there);
    } else if (what == 5) {
      letterpress_vault_key*& slot = key_slot();
      const std::string from = path("key");
      noted_key(letterpress_vault_key_read(rarely() ? nullptr : from.c_str(), nullptr, &slot),
                slot);
    } else if (what == 6) {
      require(letterpress_vault_key_make_recovery(nullptr) == LETTERPRESS_INVALID_ARGUMENT);
      require(letterpress_vault_key_get_kind(nullptr) == -1);
    } else {
      // A vault and a backup keep theirs.
      letterpress_vault_key*& slot = keys_[input_.size_up_to(keys_.size() - 1)];
      letterpress_vault_key_free(slot);
      slot = nullptr;
    }
  }

  void parse_key() {
    Bytes text(recovery_text_.begin(), recovery_text_.end());
    const bool is_changed = letterpress::fuzz::damage(input_, text);
    letterpress_vault_key* slot = nullptr;
    const int code = letterpress_vault_key_parse(text.data(), text.size(), nullptr, &slot);
    require(noted_key(code, slot) == 0 || is_changed);
    letterpress_vault_key*& old = code == 0 && input_.flag() ? keys_[0] : key_slot();
    letterpress_vault_key_free(old);
    old = slot;
  }

  void call_vault() {
    const auto what = input_.up_to(7);
    if (what == 0) {
      letterpress_vault_free(vault_);
      is_vault_cancelled_ = false;
      if (rarely()) {
        vault_ = nullptr;
        return;
      }
      const std::string from = path(rarely() ? "nowhere" : "vault");
      const int code = letterpress_vault_open(from.c_str(), &vault_);
      noted(code, letterpress_vault_error(vault_), vault_ != nullptr);
      require(std::string(letterpress_vault_id(vault_)).size() == (code == 0 ? 32 : 0));
    } else if (what == 1) {
      list_vault();
    } else if (what == 2) {
      on_vault(
          [&] { return letterpress_vault_witness(vault_, rarely() ? nullptr : keep_text, this); });
    } else if (what == 3 || what == 4) {
      verify();
    } else if (what == 5 && backup_ == nullptr) {
      letterpress_vault_key* made = nullptr;
      const std::array<const letterpress_vault_key*, 2> readers = {any_key(), any_key()};
      on_vault([&] {
        return letterpress_vault_add_writer(vault_, rarely() ? nullptr : "mx2", key(0),
                                            readers.data(), input_.size_up_to(1) * 2, &made);
      });
      letterpress_vault_key*& slot = key_slot();
      slot = made;
    } else if (what == 6) {
      on_vault([&] { return letterpress_vault_require_owner(vault_, any_key()); });
    } else if (rarely()) {
      letterpress_vault_cancel(vault_);
      is_vault_cancelled_ = vault_ != nullptr;
    }
  }

  void list_vault() {
    const auto take = [](void* user, const letterpress_vault_summary* snapshot) {
      require(snapshot->name[0] != '\0' && snapshot->writer_name[0] != '\0');
      return of(user).answer();
    };
    const auto on_damage = [](void* user, const char*) { return of(user).answer(); };
    on_vault([&] {
      return letterpress_vault_list(vault_, rarely() ? nullptr : +take,
                                    input_.flag() ? +on_damage : nullptr, this);
    });
  }

  void verify() {
    auto options = sized<letterpress_vault_verify_options>();
    options.user = this;
    options.is_deep = input_.flag() ? 1 : 0;
    options.key = options.is_deep != 0 ? key(0) : nullptr;
    options.trusted = input_.flag() ? key(0) : nullptr;
    options.witness = rarely() ? text_.c_str() : nullptr;
    const std::string witness = text_;
    if (options.witness != nullptr) options.witness = witness.c_str();
    options.on_note = [](void* user, const char*) { of(user).misuse(); };
    options.on_progress = [](void* user, std::uint64_t, std::uint64_t) { of(user).misuse(); };
    auto report = sized<letterpress_vault_verify_report>();
    const bool is_named = options.witness != nullptr;
    const int code = on_vault([&] {
      return letterpress_vault_verify(vault_, rarely() ? nullptr : &options,
                                      rarely() ? nullptr : &report);
    });
    require(!is_vault_cancelled_ || code != 0);
    require(code != 0 || is_named || report.damage == 0);
  }

  void open_backup() {
    letterpress_vault_backup_free(backup_);
    backup_ = nullptr;
    ended_.clear();
    is_in_entry_ = false;
    is_backup_cancelled_ = false;
    static constexpr std::array<const char*, 2> kSources = {"m", "n"};
    auto options = sized<letterpress_vault_backup_options>();
    options.user = this;
    options.sources = kSources.data();
    options.source_count = rarely() ? 0 : kSources.size();
    const std::string state = path("state");
    options.state_folder = rarely() ? nullptr : state.c_str();
    options.host = input_.flag() ? "host" : nullptr;
    options.level = static_cast<int>(input_.up_to(31) == 0 ? 99 : 1 + input_.up_to(1));
    options.threads = 1;
    is_dry_run_ = input_.up_to(15) == 0;
    options.is_dry_run = is_dry_run_ ? 1 : 0;
    options.is_isolated = input_.up_to(7) == 0 ? 1 : 0;
    options.isolate_depth = static_cast<unsigned>(input_.up_to(2));
    options.on_progress = [](void* user, const letterpress_totals*) { of(user).misuse(); };
    options.on_problem = [](void* user, int, const char* of_path, const char* message) {
      require(of_path != nullptr && message[0] != '\0');
      of(user).misuse();
    };
    options.on_note = [](void* user, const char*) { of(user).misuse(); };
    if (rarely()) options.struct_size = input_.size_up_to(sizeof options - 1);
    // It has no handle before it returns.
    const int code =
        letterpress_vault_backup_open(vault_, key(1), rarely() ? nullptr : &options, &backup_);
    noted(code, letterpress_vault_backup_error(backup_), backup_ != nullptr);
    is_dry_run_ = is_dry_run_ || options.struct_size != sizeof options;
  }

  std::string entry_path() {
    const auto what = input_.up_to(15);
    if (what == 0) return "elsewhere/x";
    if (what == 1) return "m/../x";
    if (what == 2 && !ended_.empty()) return ended_.begin()->first;
    return (input_.flag() ? "m/" : "n/") + std::to_string(next_name_++);
  }

  letterpress_entry entry_at(const std::string& entry_path) {
    auto entry = sized<letterpress_entry>();
    entry.path = entry_path.c_str();
    entry.mode = 0600;
    if (input_.up_to(7) == 0) {
      entry.type = static_cast<int>(input_.up_to(5));
      entry.target = input_.flag() ? "m/0" : nullptr;
    }
    return entry;
  }

  void begin_entry() {
    const std::string name = entry_path();
    const letterpress_entry entry = entry_at(name);
    const int code = on_backup(
        [&] { return letterpress_vault_backup_begin_entry(backup_, rarely() ? nullptr : &entry); });
    if (code != 0) return;
    require(!is_in_entry_);
    is_in_entry_ = true;
    is_file_ = entry.type == LETTERPRESS_FILE;
    open_path_ = name;
    open_bytes_.clear();
    ended_.erase(name);
  }

  void write() {
    const ByteView bytes = input_.take(input_.size_up_to(2000));
    for (auto times = input_.from_to(1, 10); times > 0; --times) {
      const int code = on_backup(
          [&] { return letterpress_vault_backup_write(backup_, bytes.data(), bytes.size()); });
      require(code != 0 || (is_in_entry_ && is_file_));
      if (code == 0) append(open_bytes_, bytes);
    }
  }

  void end_entry() {
    const bool fails = input_.up_to(7) == 0;
    const int code = on_backup([&] {
      return fails ? letterpress_vault_backup_fail_entry(backup_, rarely() ? nullptr : "it broke")
                   : letterpress_vault_backup_end_entry(backup_);
    });
    if (code != 0) return;
    require(is_in_entry_);
    is_in_entry_ = false;
    if (!fails && is_file_) ended_[open_path_] = open_bytes_;
  }

  void add_descriptor() {
    const std::string name = entry_path();
    const letterpress_entry entry = entry_at(name);
    const ByteView bytes = input_.take(input_.size_up_to(2000));
    int file = ::memfd_create("pushed", MFD_CLOEXEC);
    require(::pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    if (rarely()) {
      ::close(file);
      file = -1;
    }
    const int code =
        on_backup([&] { return letterpress_vault_backup_add_descriptor(backup_, &entry, file); });
    if (code == 0) {
      require(!is_in_entry_);
      ended_.erase(name);
      if (file >= 0 && entry.type == LETTERPRESS_FILE)
        ended_[name] = Bytes(bytes.begin(), bytes.end());
    }
    if (file >= 0) ::close(file);
  }

  void add_path() {
    const std::string name = "m/" + std::to_string(next_name_++);
    const std::string from = path(rarely() ? "nowhere" : "source");
    const int code = on_backup([&] {
      return letterpress_vault_backup_add_path(backup_, name.c_str(),
                                               rarely() ? nullptr : from.c_str());
    });
    if (code != 0) return;
    require(!is_in_entry_);
    if (!from.ends_with("source")) return;
    const auto there = letterpress::as_bytes("a file that is there");
    ended_[name + "/x"] = Bytes(there.begin(), there.end());
  }

  void finish_backup() {
    auto report = sized<letterpress_vault_backup_report>();
    const int code = on_backup([&] { return letterpress_vault_backup_finish(backup_, &report); });
    if (code == LETTERPRESS_INVALID_ARGUMENT && is_in_entry_) return;
    if (code == 0) {
      require(!is_in_entry_);
      if (!is_dry_run_) acknowledged_.push_back({report.snapshot, ended_});
    }
    letterpress_vault_backup_free(backup_);
    backup_ = nullptr;
    is_backup_cancelled_ = false;
    is_in_entry_ = false;
  }

  void call_backup() {
    if (backup_ == nullptr && !rarely()) open_backup();
    const auto what = input_.up_to(15);
    if (what < 4) {
      begin_entry();
    } else if (what < 7) {
      write();
    } else if (what < 10) {
      end_entry();
    } else if (what == 10) {
      add_descriptor();
    } else if (what == 11) {
      add_path();
    } else if (what < 14) {
      finish_backup();
    } else if (what == 14 && rarely()) {
      letterpress_vault_backup_cancel(backup_);
      is_backup_cancelled_ = backup_ != nullptr;
    }
  }

  void open_snapshot() {
    letterpress_vault_snapshot_free(snapshot_);
    snapshot_ = nullptr;
    const bool is_named = !acknowledged_.empty() && input_.flag();
    const std::string name =
        is_named ? acknowledged_[input_.size_up_to(acknowledged_.size() - 1)].snapshot : "";
    const int code = letterpress_vault_snapshot_open(vault_, key(0),
                                                     is_named ? name.c_str() : nullptr, &snapshot_);
    noted(code, letterpress_vault_snapshot_error(snapshot_), snapshot_ != nullptr);
  }

  void call_snapshot() {
    if (snapshot_ == nullptr && !rarely()) open_snapshot();
    const auto what = input_.up_to(7);
    if (what < 3) {
      open_snapshot();
    } else if (what == 3) {
      const auto take = [](void* user, const letterpress_entry* entry, std::uint64_t) {
        require(entry->path[0] != '\0');
        return of(user).answer();
      };
      on_snapshot([&] {
        return letterpress_vault_snapshot_list(snapshot_, rarely() ? nullptr : "",
                                               input_.flag() ? 1 : 0, take, this);
      });
    } else if (what < 6) {
      const std::string name = "m/" + std::to_string(input_.up_to(9));
      on_snapshot([&] {
        return letterpress_vault_snapshot_read(snapshot_, rarely() ? nullptr : name.c_str(),
                                               input_.up_to(100), input_.up_to(UINT64_MAX),
                                               add_text, this);
      });
    } else if (what == 6) {
      restore();
    } else if (rarely()) {
      letterpress_vault_snapshot_cancel(snapshot_);
    }
  }

  int restore() {
    auto options = sized<letterpress_vault_restore_options>();
    const std::string to = path("out" + std::to_string(next_out_ += input_.up_to(1)));
    static constexpr std::array<const char*, 2> kPaths = {"m", "n/1"};
    options.user = this;
    options.to = rarely() ? nullptr : to.c_str();
    options.into = input_.flag() ? 1 : 0;
    options.resume = input_.up_to(7) == 0 ? 1 : 0;
    options.paths = kPaths.data();
    options.path_count = input_.size_up_to(2);
    options.threads = 1;
    options.on_progress = [](void* user, std::uint64_t, std::uint64_t) { of(user).misuse(); };
    return on_snapshot(
        [&] { return letterpress_vault_snapshot_restore(snapshot_, &options, nullptr); });
  }

  // Of the snapshot that is open.
  void check_restore(const Contents& contents) {
    const std::string to = path("back");
    auto options = sized<letterpress_vault_restore_options>();
    options.to = to.c_str();
    options.threads = 1;
    auto report = sized<letterpress_vault_restore_report>();
    require(letterpress_vault_snapshot_restore(snapshot_, &options, &report) == 0);
    require(report.damaged == 0);
    // A hard link may name nothing, and a file lie where a folder has to be.
    if (report.unmade > 0) return;
    for (const auto& [name, bytes] : contents) {
      std::ifstream in(to + "/" + name, std::ios::binary);
      require(in.is_open());
      require(Bytes(std::istreambuf_iterator<char>(in), {}) == bytes);
    }
  }

  void call_one() {
    const auto what = input_.up_to(31);
    if (what < 4) {
      call_key();
    } else if (what < 8) {
      call_vault();
    } else if (what < 12) {
      if (backup_ == nullptr || rarely()) open_backup();
    } else if (what < 26) {
      call_backup();
    } else {
      call_snapshot();
    }
  }

  void free_all() {
    const auto first = input_.up_to(3);
    for (std::uint64_t i = 0; i < 4; ++i) free_kind((first + i) % 4);
  }
  void free_kind(std::uint64_t kind) {
    if (kind == 0) letterpress_vault_free(std::exchange(vault_, nullptr));
    if (kind == 1) letterpress_vault_backup_free(std::exchange(backup_, nullptr));
    if (kind == 2) letterpress_vault_snapshot_free(std::exchange(snapshot_, nullptr));
    if (kind != 3) return;
    for (letterpress_vault_key*& held : keys_) {
      letterpress_vault_key_free(std::exchange(held, nullptr));
    }
  }

  FuzzInput& input_;
  const std::string folder_;
  unsigned calls_until_no_ = UINT_MAX;
  std::size_t no_ = 0;
  int said_ = 0;  // by a callback, in the call that runs
  Running running_ = Running::kNothing;
  std::string text_;
  std::string recovery_text_;
  std::array<letterpress_vault_key*, 5> keys_{};  // recovery, ingest, others
  letterpress_vault* vault_ = nullptr;
  bool is_vault_cancelled_ = false;
  letterpress_vault_snapshot* snapshot_ = nullptr;
  letterpress_vault_backup* backup_ = nullptr;
  bool is_backup_cancelled_ = false;
  bool is_dry_run_ = false;
  bool is_in_entry_ = false;
  bool is_file_ = false;
  std::string open_path_;
  Bytes open_bytes_;
  Contents ended_;
  unsigned next_name_ = 0;
  std::uint64_t next_out_ = 0;
  std::vector<Acknowledged> acknowledged_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  Calls calls(input);
  calls.call_all();
  calls.check_back();
  return 0;
}
