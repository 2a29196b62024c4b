// SPDX-License-Identifier: Apache-2.0
// Gives what was restored its owner, permissions and time.
//
// Thread-safe: files are finished by several threads.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <string>

#include "files/open_folders.h"
#include "letterpress/result.h"
#include "stream/entry.h"

namespace letterpress::files {

struct OwnerPolicy {
  OwnerPolicy();

  // Constant after construction: who we are, and so who owns what we make.
  uid_t user_id;
  gid_t group_id;

  std::atomic<bool> was_refused = false;  // some owner could not be set
};

// Sets all three on an open file or folder that was made in `parent`.
Status set_metadata(const File& file, const stream::Metadata& metadata,
                    const FolderDescriptor& parent, OwnerPolicy& owners);

// The same for a symbolic link, which has no permissions of its own.
Status set_symlink_metadata(const FolderDescriptor& parent, const std::string& name,
                            const stream::Metadata& metadata, const std::string& shown_path,
                            OwnerPolicy& owners);

}  // namespace letterpress::files
