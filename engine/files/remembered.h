// SPDX-License-Identifier: Apache-2.0
// What an earlier walk saw of a file, so that an unchanged one need not be opened again.
//
// The owner of the sink implements Remembered over its state: it stores, for every file it was
// given, memory_key(entry path) and a RememberedFile made of the SourceEntry, and the Walker asks
// for it under the same key. A file whose Content::finish() failed must not be remembered. Not
// thread-safe; the Walker asks from the thread that calls next().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "letterpress/result.h"
#include "stream/source.h"

namespace letterpress::files {

struct RememberedFile {
  stream::KnownContent content;
  std::uint64_t size_bytes = 0;  // SourceEntry::size_hint_bytes
  std::int64_t mtime_ns = 0;     // Metadata::mtime_ns
  stream::SourceEntry::Identity identity;
};

class Remembered {
 public:
  virtual ~Remembered() = default;
  // Nothing if there is no such key. An error ends the walk.
  virtual Result<std::optional<RememberedFile>> find(std::string_view key) = 0;
};

// The name under which a file is remembered: its entry path; but below a folder called `cur` or
// `new` that folder is always called `cur` and the flags of the file name are gone, so that a mail
// whose flags changed, or that went from new to cur, is found again:
//   "mail/new/17.M1.host" and "mail/cur/17.M1.host:2,RS" are both "mail/cur/17.M1.host".
// Two files may have one key (the second is then merely read again); a key never names a folder.
std::string memory_key(std::string_view entry_path);

}  // namespace letterpress::files
