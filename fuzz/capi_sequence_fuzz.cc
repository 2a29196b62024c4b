// SPDX-License-Identifier: Apache-2.0
// Calls of the C interface in any order, with good arguments and bad ones, callbacks that fail when
// the input says so, and the way back from what was kept.
// Invariants: no call crashes; every result is a code or what a callback returned; a code other
// than 0 has a text; after an error that ends the run every call gives it again; of a run that was
// finished each entry that was ended comes back byte for byte, whole and in ranges; damaged recipes
// and blocks give an error or the same bytes.
#include <array>
#include <map>
#include <string>

#include "damage.h"
#include "letterpress.h"
#include "require.h"

namespace {

using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;

constexpr int kCallbackSaysNo = -7;

struct Part {
  std::uint64_t raw_bytes;
  Bytes recipe;
};

struct Store {
  std::map<std::uint64_t, Bytes> blocks;
  std::map<std::string, std::vector<Part>> entries;
  std::string open_path;
  unsigned calls_until_no = UINT32_MAX;  // of callbacks

  int next() { return calls_until_no-- == 0 ? kCallbackSaysNo : 0; }
};

Store& store_of(void* user) { return *static_cast<Store*>(user); }

int keep_block(void* user, const letterpress_block* block) {
  store_of(user).blocks[block->number].assign(block->bytes, block->bytes + block->byte_count);
  return store_of(user).next();
}

int keep_part(void* user, const letterpress_part* part) {
  Store& store = store_of(user);
  require((part->is_first != 0) == (part->entry != nullptr));
  if (part->is_first != 0) store.open_path = part->entry->path;
  auto& parts = store.entries[store.open_path];
  if (part->is_first != 0) parts.clear();
  parts.push_back({part->raw_bytes, Bytes(part->recipe, part->recipe + part->recipe_bytes)});
  if (part->is_abandoned != 0) store.entries.erase(store.open_path);
  return store.next();
}

int end_group(void* user) { return store_of(user).next(); }

class Run {
 public:
  explicit Run(FuzzInput& input) : input_(input) {
    if (input.up_to(7) == 0) store_.calls_until_no = static_cast<unsigned>(input.up_to(20));
    letterpress_press_options options = {};
    options.struct_size = sizeof options;
    options.level = static_cast<int>(input.up_to(5)) - 1;
    options.threads = 1;
    options.single_chunks = input.up_to(3) == 0 ? 1 : 0;
    // Room for the fields of a newer header.
    struct {
      letterpress_receiver known;
      std::array<std::uint8_t, sizeof(letterpress_receiver)> newer;
    } room = {};
    letterpress_receiver& receiver = room.known;
    receiver.struct_size = sizeof receiver;
    if (input.up_to(31) == 0) receiver.struct_size = input.size_up_to(sizeof room);
    if (input.up_to(31) == 0) room.newer[input.up_to(room.newer.size() - 1)] = 1;
    receiver.user = &store_;
    receiver.put_block = keep_block;
    receiver.put_part = input.up_to(63) == 0 ? nullptr : keep_part;
    receiver.end_group = end_group;
    is_open_ = noted(letterpress_press_open(&options, &receiver, &press_)) == 0;
  }
  ~Run() { letterpress_press_free(press_); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void call_all() {
    while (!input_.is_empty() && !is_finished_) call_one();
    if (!is_finished_) finish();
  }

  void check_back() {
    if (!is_whole_) return;
    letterpress_rebuild_options options = {};
    options.struct_size = sizeof options;
    options.user = &store_;
    options.get_block = [](void* user, std::uint64_t number, letterpress_buffer* out) {
      const auto found = store_of(user).blocks.find(number);
      if (found == store_of(user).blocks.end()) return kCallbackSaysNo;
      return letterpress_buffer_set(out, found->second.data(), found->second.size());
    };
    letterpress_rebuild* rebuild = nullptr;
    require(letterpress_rebuild_open(&options, &rebuild) == 0);
    for (const auto& [path, bytes] : ended_) check_entry(rebuild, path, bytes);
    letterpress_rebuild_free(rebuild);
  }

 private:
  // What every call must keep to.
  int noted(int code) {
    require(code >= 0 ? code <= LETTERPRESS_CANCELLED : code == kCallbackSaysNo);
    require(press_ != nullptr && letterpress_press_error(press_) != nullptr);
    if (code > 0) require(letterpress_press_error(press_)[0] != '\0');
    if (ended_with_ != 0) require(code == ended_with_);
    const bool goes_on = code == 0 || code == LETTERPRESS_INVALID_ARGUMENT ||
                         code == LETTERPRESS_UNSUPPORTED || code == LETTERPRESS_NOT_FOUND ||
                         code == LETTERPRESS_IO;
    if (!goes_on) ended_with_ = code;
    return code;
  }

  void begin() {
    static constexpr const char* kPaths[] = {"a", "b/c", "b", "..", "/x", "", "a//b", "z"};
    letterpress_entry entry = {};
    entry.struct_size = sizeof entry;
    entry.path = kPaths[input_.up_to(7)];
    entry.type = static_cast<int>(input_.up_to(15) < 12 ? 0 : input_.up_to(5));
    entry.mode = static_cast<std::uint32_t>(input_.up_to(0x1fff));
    entry.target = input_.flag() ? "target" : nullptr;
    if (input_.up_to(31) == 0) entry.path = nullptr;
    if (noted(letterpress_press_begin_entry(press_, &entry)) != 0) return;
    require(entry.path != nullptr);
    open_path_ = entry.path;
    open_bytes_.clear();
    is_in_entry_ = true;
    is_file_ = entry.type == LETTERPRESS_FILE;
    ended_.erase(open_path_);
  }

  void write() {
    const std::size_t count = input_.size_up_to(3000);
    const ByteView bytes = input_.take(count);
    const auto times = input_.from_to(1, 20);
    for (std::uint64_t i = 0; i < times; ++i) {
      const int code = noted(letterpress_press_write(press_, bytes.data(), bytes.size()));
      require(code != 0 || (is_in_entry_ && is_file_) || ended_with_ != 0);
      if (code == 0) append(open_bytes_, bytes);
    }
  }

  void end() {
    if (noted(letterpress_press_end_entry(press_)) != 0) return;
    require(is_in_entry_);
    if (is_file_) ended_[open_path_] = open_bytes_;
    is_in_entry_ = false;
  }

  void finish() {
    letterpress_totals totals = {};
    totals.struct_size = sizeof totals;
    const int code = noted(letterpress_press_finish(press_, input_.flag() ? &totals : nullptr));
    // While an entry is open it is a call that is wrong in itself, and the run goes on.
    is_finished_ = code == 0 || ended_with_ != 0 || !is_open_ || input_.is_empty();
    is_whole_ = code == 0;
  }

  void call_one() {
    const auto what = input_.up_to(11);
    if (what < 3) {
      begin();
    } else if (what < 7) {
      write();
    } else if (what < 10) {
      end();
    } else if (what == 10) {
      if (input_.up_to(3) == 0) {
        letterpress_press_cancel(press_);
        if (ended_with_ == 0 && is_open_) ended_with_ = LETTERPRESS_CANCELLED;
      } else if (noted(letterpress_press_fail_entry(press_, "it broke")) == 0) {
        require(is_in_entry_ && is_file_);
        is_in_entry_ = false;
      }
    } else if (input_.up_to(3) == 0) {
      finish();
    }
  }

  struct Output {
    Bytes bytes;
    static int add(void* user, const std::uint8_t* bytes, std::size_t count) {
      append(static_cast<Output*>(user)->bytes, {bytes, count});
      return 0;
    }
  };

  void check_entry(letterpress_rebuild* rebuild, const std::string& path, const Bytes& wanted) {
    const auto found = store_.entries.find(path);
    require(found != store_.entries.end());
    std::vector<letterpress_recipe> recipes;
    for (const Part& part : found->second) {
      recipes.push_back({part.raw_bytes, part.recipe.data(), part.recipe.size()});
    }
    Output whole;
    require(letterpress_rebuild_range(rebuild, recipes.data(), recipes.size(), 0, UINT64_MAX,
                                      Output::add, &whole) == 0);
    require(whole.bytes == wanted);
    const std::size_t from = wanted.size() / 3;
    const std::size_t count = wanted.size() / 2;
    Output part;
    require(letterpress_rebuild_range(rebuild, recipes.data(), recipes.size(), from, count,
                                      Output::add, &part) == 0);
    require(std::equal(part.bytes.begin(), part.bytes.end(),
                       wanted.begin() + static_cast<std::ptrdiff_t>(from)) &&
            part.bytes.size() == std::min(count, wanted.size() - from));
    if (found->second.empty() || found->second[0].recipe.empty()) return;
    Bytes damaged = found->second[0].recipe;
    damaged[damaged.size() / 2] ^= 0x10;
    recipes[0].bytes = damaged.data();
    Output broken;
    const int code = letterpress_rebuild_range(rebuild, recipes.data(), recipes.size(), 0,
                                               UINT64_MAX, Output::add, &broken);
    require(code != 0 || broken.bytes == wanted);
    require(code == 0 || letterpress_rebuild_error(rebuild)[0] != '\0');
  }

  FuzzInput& input_;
  Store store_;
  letterpress_press* press_ = nullptr;
  bool is_open_ = false;
  bool is_finished_ = false;
  bool is_whole_ = false;
  int ended_with_ = 0;
  bool is_in_entry_ = false;
  bool is_file_ = false;
  std::string open_path_;
  Bytes open_bytes_;
  std::map<std::string, Bytes> ended_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  Run run(input);
  run.call_all();
  run.check_back();
  return 0;
}
