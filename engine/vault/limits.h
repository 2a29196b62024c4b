// SPDX-License-Identifier: Apache-2.0
// Limits of a vault's files, which readers enforce and writers keep (docs/FORMAT.md, "Limits").
// Part of the format: raising one needs a new format version.
#pragma once

#include "base/limits.h"

namespace letterpress::vault {

inline constexpr std::uint32_t kFormatVersion = 2;

// Who can read a pack.
inline constexpr std::uint64_t kReadersMax = 8;
inline constexpr std::size_t kWriterNameBytesMax = 64;
inline constexpr std::uint32_t kFirstEpoch = 1;

// A sealed file: its payload.
inline constexpr std::uint64_t kSealedPayloadBytesMax = 1024 * kMiB;

// A pack. Writers close one at the target; a block that is larger than what is left goes over it.
inline constexpr std::size_t kPackBytesTarget = 16 * kMiB;
inline constexpr std::size_t kPackPayloadBytesMax = 64 * kMiB;
inline constexpr std::uint32_t kPackBlocksMax = 65536;
// An encoded block: kBlockBytesMax of payload that did not shrink, and its table.
inline constexpr std::size_t kEncodedBlockBytesMax = 8 * kMiB;

// An index run. A group has at most 65,536 entries or 256 MiB, so writers stay far below.
inline constexpr std::uint32_t kRunPacksMax = 1U << 20;
inline constexpr std::uint64_t kRunChunksMax = 1U << 25;

// A log entry. 1,000,000 packs of 16 MiB are 16 TB in one snapshot, 45 MB of references.
inline constexpr std::size_t kLogPayloadBytesMax = 64 * kMiB;
inline constexpr std::size_t kHostBytesMax = 255;
inline constexpr std::size_t kSourceNamesMax = 65536;
inline constexpr std::size_t kRootBytesMax = 4096;

// Numbers of log entries and index runs count from 1; one a second fills 30 million years.
inline constexpr std::uint64_t kSequenceMax = 999'999'999'999'999;

// Key files that need a passphrase: Argon2id. Whoever gives us a key file cannot make us spend
// more.
inline constexpr std::size_t kPassphraseBytesMax = 1024;
inline constexpr std::uint64_t kLockOperationsMax = 16;
inline constexpr std::uint64_t kLockMemoryBytesMin = 8192;
inline constexpr std::uint64_t kLockMemoryBytesMax = 1024 * kMiB;

// The vault head and key files are text of a few lines.
inline constexpr std::size_t kLabelledTextBytesMax = 4096;
// A witness has a line for each writer.
inline constexpr std::size_t kWitnessBytesMax = kMiB;

}  // namespace letterpress::vault
