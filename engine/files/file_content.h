// SPDX-License-Identifier: Apache-2.0
// The bytes of a file on disk that others may be writing to.
//
// A file of at most kWholeBytesMax is read at once, and again, up to kTriesMax times, until its
// size and mtime did not change meanwhile. A larger one is read bit by bit up to the size that it
// had when it was opened: what is appended later is not seen, so that a growing mbox gives a
// consistent prefix; and finish() is an error, naming the file, if it became shorter or was
// rewritten. Changes of ctime alone (a rename, a link, a chmod) leave the bytes alone and do not
// count. Not thread-safe.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>

#include "base/limits.h"
#include "stream/source.h"

namespace letterpress::files {

inline constexpr std::uint64_t kWholeBytesMax = kMiB;
// A mailbox of a million mails has a dovecot-uidlist of this size. A larger one is read as a
// prefix.
inline constexpr std::uint64_t kControlBytesMax = 64 * kMiB;
inline constexpr int kTriesMax = 5;

enum class Reading : std::uint8_t {
  kPlain,
  // A file that a mail server rewrites, or replaces by rename: read at once up to kControlBytesMax,
  // and again if another version has its name afterwards.
  kControl,
};

struct OpenedFile {
  struct stat status;  // of the version that the content gives
  // False if a further change could have the same times: it happened in the clock tick of the look.
  bool is_settled = false;
  std::unique_ptr<stream::Content> content;
};

struct FileName {
  int folder;  // a descriptor, or AT_FDCWD
  std::string name;
  std::string shown_path;  // for messages
};

// Nothing if there is no such file, an error if it cannot be read or is no regular file. `failed`
// outlives the content, which sets it when a later read fails.
Result<std::optional<OpenedFile>> open_content(const FileName& file, Reading reading, bool* failed);

std::int64_t mtime_ns(const struct stat& status) noexcept;
std::int64_t ctime_ns(const struct stat& status) noexcept;

}  // namespace letterpress::files
