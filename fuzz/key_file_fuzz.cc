// SPDX-License-Identifier: Apache-2.0
// Key files, the vault head and witnesses: any bytes, and any lines with a check line that is
// right. Invariants: what is read and written again reads the same; an ingest key that is taken is
// one that its root certified; a locked file asks for no more than its limits before it asks for
// memory; an error has a message.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "fuzz_input.h"
#include "made_text.h"
#include "require.h"
#include "vault/keys/key_files.h"
#include "vault/limits.h"
#include "vault/vault_head.h"
#include "vault/witness.h"

namespace {

namespace vault = letterpress::vault;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;
using letterpress::fuzz::take;

// A file without a name, which has one as long as it is open.
class NamelessFile {
 public:
  explicit NamelessFile(ByteView bytes) : file_(::memfd_create("key", MFD_CLOEXEC), "key") {
    take(file_.write(bytes));
    path_ = "/proc/self/fd/" + std::to_string(file_.descriptor());
  }
  const std::string& path() const noexcept { return path_; }

 private:
  letterpress::File file_;
  std::string path_;
};

// Argon2 would take all the time: locked files are read as far as the passphrase.
letterpress::Result<vault::Passphrase> ask_nobody(const std::string&) {
  return letterpress::Error(letterpress::ErrorCode::kCancelled, "nobody knows it");
}

void check_keys(const std::string& path) {
  const auto recovery = vault::read_recovery_key(path, ask_nobody);
  const auto reading = vault::read_reading_key(path, ask_nobody);
  if (succeeds(recovery)) {
    require(succeeds(reading) && reading->reader.secret() == recovery->reader().secret());
    require(reading->vault && reading->vault->vault == recovery->vault);
  }
  const auto ingest = vault::read_ingest_key(path, ask_nobody);
  if (succeeds(ingest)) {
    require(vault::is_certified(ingest->root, ingest->identity, ingest->certificate));
    require(!ingest->readers.empty() && ingest->readers.size() <= vault::kReadersMax);
    require(vault::is_writer_name(ingest->certificate.name) && ingest->identity.epoch > 0);
  }
  static_cast<void>(succeeds(vault::read_reader_public_key(path)));
  static_cast<void>(succeeds(vault::read_vault_public_key(path)));
}

void check_texts(ByteView text) {
  const auto head = vault::decode_vault_head(text, "HEAD");
  if (succeeds(head)) require(!head->readers.empty() && head->readers.size() <= vault::kReadersMax);
  const auto witness = vault::parse_witness(text, "WITNESS");
  if (succeeds(witness)) {
    const std::string again = vault::format_witness(*witness);
    const auto second = take(vault::parse_witness(letterpress::as_bytes(again), "WITNESS"));
    require(second.heads == witness->heads && second.vault == witness->vault);
  }
  if (vault::is_locked(text)) static_cast<void>(succeeds(vault::locked_kind(text, "LOCKED")));
}

// Of a locked file whose cost is low enough to try.
void check_unlocking(ByteView text) {
  const std::string_view all = letterpress::as_text(text);
  if (!vault::is_locked(text) || all.find("operations 1\nmemory 8192\n") == all.npos) return;
  const auto passphrase = take(vault::Passphrase::make("correct horse"));
  static_cast<void>(succeeds(vault::unlock_text(text, passphrase, "LOCKED")));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const bool is_raw = input.up_to(15) == 15;
  const ByteView given = input.rest();
  const Bytes text =
      is_raw ? Bytes(given.begin(), given.end()) : letterpress::fuzz::with_check_line(given);
  check_keys(NamelessFile(text).path());
  check_texts(text);
  check_unlocking(text);
  return 0;
}
