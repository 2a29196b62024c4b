// SPDX-License-Identifier: Apache-2.0
#include "letterpress/press.h"

#include <atomic>
#include <memory>
#include <optional>

#include "capi/arguments.h"
#include "capi/callback_receiver.h"
#include "capi/entries.h"
#include "capi/structs.h"
#include "letterpress.h"
#include "letterpress/version.h"

using letterpress::Entry;
using letterpress::Error;
using letterpress::ErrorCode;
using letterpress::Ok;
using letterpress::Press;
using letterpress::PressOptions;
using letterpress::PressProblem;
using letterpress::PressTotals;
using letterpress::Result;
using letterpress::Status;
using letterpress::capi::CallbackReceiver;
using letterpress::capi::check_result;
using letterpress::capi::entry_of;
using letterpress::capi::give_result;
using letterpress::capi::Handle;
using letterpress::capi::invalid_argument;
using letterpress::capi::key_of;
using letterpress::capi::known_part_of;
using letterpress::capi::receiver_of;

struct letterpress_press {
  Handle handle;
  std::atomic<bool> cancel = false;
  std::optional<CallbackReceiver> receiver;
  std::optional<Press> press;
};

namespace {

constexpr int kLevelDefault = 3;

Result<PressOptions> options_of(const letterpress_press_options* given, letterpress_press& press) {
  letterpress_press_options known = {};
  if (given != nullptr) {
    LETTERPRESS_TRY_ASSIGN(known, known_part_of(given, "options"));
  }
  PressOptions options;
  options.level = known.level == 0 ? kLevelDefault : known.level;
  options.threads = known.threads;
  options.single_chunks = known.single_chunks != 0;
  options.first_block_number = known.first_block_number;
  options.id_key = key_of(known.id_key);
  options.digest_key = key_of(known.digest_key);
  if (known.known_ids == nullptr && known.known_count > 0) {
    return invalid_argument("options: known_ids is NULL");
  }
  options.known_ids = letterpress::capi::ids_of(known.known_ids, known.known_count);
  options.cancel = &press.cancel;
  options.on_progress = [&press](const PressTotals& totals) {
    press.receiver->on_progress(totals);
  };
  options.on_problem = [&press](const PressProblem& problem) {
    press.receiver->on_problem(problem);
  };
  return options;
}

Status open(const letterpress_press_options* options, const letterpress_receiver* receiver,
            letterpress_press& press) {
  LETTERPRESS_TRY_ASSIGN(const letterpress_receiver callbacks, receiver_of(receiver));
  press.receiver.emplace(callbacks);
  LETTERPRESS_TRY_ASSIGN(PressOptions known, options_of(options, press));
  LETTERPRESS_TRY_ASSIGN(press.press, Press::open(std::move(known), *press.receiver));
  return Ok{};
}

// Does a call with a handle that was opened.
template <class Call>
int with(letterpress_press* press, Call call) noexcept {
  if (press == nullptr) return LETTERPRESS_INVALID_ARGUMENT;
  return press->handle.run([&]() -> Status {
    if (!press->press) return invalid_argument("the handle could not be opened");
    // Before the arguments are looked at: a run that has ended gives its error, whatever they are.
    LETTERPRESS_TRY(press->press->status());
    return call(*press->press);
  });
}

}  // namespace

const char* letterpress_version(void) { return letterpress::version(); }

int letterpress_press_open(const letterpress_press_options* options,
                           const letterpress_receiver* receiver, letterpress_press** press) {
  if (press == nullptr) return LETTERPRESS_INVALID_ARGUMENT;
  *press = new (std::nothrow) letterpress_press;
  if (*press == nullptr) return LETTERPRESS_OUT_OF_MEMORY;
  return (*press)->handle.run([&] { return open(options, receiver, **press); });
}

int letterpress_press_begin_entry(letterpress_press* press, const letterpress_entry* entry) {
  return with(press, [&](Press& run) -> Status {
    LETTERPRESS_TRY_ASSIGN(Entry known, entry_of(entry));
    return run.begin_entry(std::move(known));
  });
}

int letterpress_press_write(letterpress_press* press, const void* bytes, size_t byte_count) {
  return with(press, [&](Press& run) -> Status {
    if (bytes == nullptr && byte_count > 0) return invalid_argument("bytes is NULL");
    return run.write({static_cast<const std::uint8_t*>(bytes), byte_count});
  });
}

int letterpress_press_end_entry(letterpress_press* press) {
  return with(press, [](Press& run) { return run.end_entry(); });
}

int letterpress_press_fail_entry(letterpress_press* press, const char* why) {
  return with(press, [&](Press& run) -> Status {
    if (why == nullptr) return invalid_argument("why is NULL");
    return run.fail_entry(Error(ErrorCode::kIo, why));
  });
}

int letterpress_press_add_descriptor(letterpress_press* press, const letterpress_entry* entry,
                                     int descriptor) {
  return with(press, [&](Press& run) -> Status {
    LETTERPRESS_TRY_ASSIGN(Entry known, entry_of(entry));
    return run.add_descriptor(std::move(known), descriptor);
  });
}

int letterpress_press_add_path(letterpress_press* press, const char* name, const char* path) {
  return with(press, [&](Press& run) -> Status {
    if (name == nullptr || path == nullptr)
      return invalid_argument("name and path must not be NULL");
    return run.add_path(name, path);
  });
}

int letterpress_press_finish(letterpress_press* press, letterpress_totals* totals) {
  return with(press, [&](Press& run) -> Status {
    // Before the run ends: a wrong call changes nothing.
    LETTERPRESS_TRY(check_result(totals, "totals"));
    LETTERPRESS_TRY_ASSIGN(const PressTotals all, run.finish());
    give_result(letterpress::capi::totals_of(all), totals);
    return Ok{};
  });
}

void letterpress_press_cancel(letterpress_press* press) {
  if (press != nullptr) press->cancel = true;
}

const char* letterpress_press_error(const letterpress_press* press) {
  return press == nullptr ? "" : press->handle.error_text();
}

void letterpress_press_free(letterpress_press* press) {
  if (press != nullptr && !press->handle.is_running()) delete press;
}
