# SPDX-License-Identifier: Apache-2.0
"""The examples in the installed headers, and the programs that are made of them."""
import re

# What stands around the example of each header: what it takes for granted.
STORE = '''
#include <iostream>
#include <map>
#include "letterpress/press.h"
#include "letterpress/rebuild.h"
using namespace letterpress;
struct Store : Receiver {
  std::map<std::uint64_t, std::vector<std::uint8_t>> blocks;
  std::vector<PressedPart> parts;
  Status put_block(PressedBlock&& block) override {
    blocks[block.number] = std::move(block.bytes);
    return Ok{};
  }
  Status put_part(PressedPart&& part) override {
    parts.push_back(std::move(part));
    return Ok{};
  }
  Status end_group() override { return Ok{}; }
  Result<std::vector<std::uint8_t>> block(std::uint64_t number) { return blocks.at(number); }
};
const std::vector<std::uint8_t> bytes(5000, 'x');
Status check(bool holds) {
  if (holds) return Ok{};
  return Error(ErrorCode::kCorrupt, "not what was expected");
}
'''
MAIN = '''
int main() {
  const Status status = example();
  if (!status) std::cerr << status.error().message();
  return status ? 0 : 1;
}
'''
IN_ENGINE = {
    "letterpress/press.h": STORE + '''
Status example() {
  const std::string folder = ".";
EXAMPLE
  return check(totals.entries > 5 && store.parts.front().raw_bytes == bytes.size());
}
''' + MAIN,
    "letterpress/rebuild.h": STORE + '''
struct File {
  std::vector<std::uint8_t> written;
  Status write(std::span<const std::uint8_t> bytes) {
    written.insert(written.end(), bytes.begin(), bytes.end());
    return Ok{};
  }
};
Status example() {
  Store store;
  LETTERPRESS_TRY_ASSIGN(Press press, Press::open({}, store));
  LETTERPRESS_TRY(press.begin_entry({.path = "a"}));
  LETTERPRESS_TRY(press.write(bytes));
  LETTERPRESS_TRY(press.end_entry());
  LETTERPRESS_TRY(press.finish());
  const std::vector<Rebuild::Part> parts = {{bytes.size(), store.parts.front().recipe}};
  File file;
  std::size_t count = 0;
  const auto output = [&](std::span<const std::uint8_t> piece) -> Status {
    count += piece.size();
    return Ok{};
  };
EXAMPLE
  return check(file.written == bytes && count == 4000);
}
''' + MAIN,
    "letterpress/stream.h": STORE + '''
#include <algorithm>
#include "letterpress/stream.h"
struct Pipe {
  std::vector<std::uint8_t> bytes;
  std::size_t at = 0;
  Status write(std::span<const std::uint8_t> more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return Ok{};
  }
  Result<std::size_t> read(std::span<std::uint8_t> into) {
    const std::size_t count = std::min(into.size(), bytes.size() - at);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, into.begin());
    at += count;
    return count;
  }
};
Status example() {
  const std::string folder = ".";
  Store store;
  Pipe pipe;
EXAMPLE
  return check(input.position().entries > 5 && input.position().is_complete &&
               input.position().entries <= store.parts.size());
}
''' + MAIN,
    "letterpress/result.h": STORE + '''
int used = 0;
void use(int value) { used = value; }
Result<int> parse(const std::string& text) {
  if (text == "7") return 7;
  return Error(ErrorCode::kInvalidArgument, "no number: " + text);
}
Status read_age(const std::string& text) {
EXAMPLE
  return Ok{};
}
Status example() {
  LETTERPRESS_TRY(read_age("7"));
  const Status bad = read_age("x");
  return check(used == 7 && !bad && bad.error().message() == "reading the age: no number: x");
}
''' + MAIN,
    "letterpress/entry.h": STORE + '''
Status example() {
EXAMPLE
  return check(is_valid_path(link.path) && !is_valid_path("../x"));
}
''' + MAIN,
    "letterpress/chunk.h": STORE + '''
Status example() {
  ChunkId id;
EXAMPLE
  return check(index.at(id) == Place{7, 0});
}
''' + MAIN,
    "letterpress/version.h": '''
#include <cstdio>
#include "letterpress/version.h"
int main() {
EXAMPLE
}
''',
    "letterpress.h": '''
#include <stdio.h>
#include "letterpress.h"
static int calls;
static int keep_block(void* user, const letterpress_block* block) {
  (void)user;
  return block->byte_count > 0 ? 0 : -1;
}
static int keep_part(void* user, const letterpress_part* part) {
  (void)user;
  calls += (int)part->raw_bytes;
  return 0;
}
static int commit(void* user) {
  (void)user;
  return 0;
}
int main(void) {
  int store = 0;
  const char mail[] = "Subject: x";
  const size_t mail_bytes = sizeof mail - 1;
EXAMPLE
  return code == 0 && calls == 10 ? 0 : 1;
}
''',
}


# The program gets a folder of its own as its argument, which is not there yet.
WORK = '''
#include <filesystem>
#include <iostream>
#include "letterpress/snapshot.h"
using namespace letterpress;
Status check(bool holds) {
  if (holds) return Ok{};
  return Error(ErrorCode::kCorrupt, "not what was expected");
}
'''
MAIN_WITH_WORK = '''
int main(int, char** arguments) {
  std::filesystem::create_directories(arguments[1]);
  const Status status = example(arguments[1]);
  if (!status) std::cerr << status.error().message();
  return status ? 0 : 1;
}
'''
IN_VAULT = {
    "letterpress/vault.h": WORK + '''
Status example(const std::string& work) {
  const std::string safe = work, server = work, folder = work + "/vault";
EXAMPLE
  return check(list.snapshots.empty() && report.packs == 0);
}
''' + MAIN_WITH_WORK,
    "letterpress/snapshot.h": WORK + '''
Status example(const std::string& work) {
  LETTERPRESS_TRY_ASSIGN(const VaultKey recovery, VaultKey::make_recovery());
  LETTERPRESS_TRY_ASSIGN(Vault vault, Vault::make(work + "/vault", recovery));
  LETTERPRESS_TRY_ASSIGN(const VaultKey ingest, vault.add_writer("mx1", recovery));
  const std::string state = work + "/state", folder = ".", out = work + "/out";
  const std::vector<std::uint8_t> bytes(5000, 'x');
  std::vector<std::string> paths;
  std::size_t count = 0;
  const auto output = [&](std::span<const std::uint8_t> piece) -> Status {
    count += piece.size();
    return Ok{};
  };
EXAMPLE
  return check(report.entries == paths.size() && count == 4000 && back.entries == paths.size());
}
''' + MAIN_WITH_WORK,
    "letterpress_vault.h": '''
#include <stdio.h>
#include <sys/stat.h>
#include "letterpress_vault.h"
int main(int count, char** arguments) {
  char recovery_file[4096], folder[4096], state[4096];
  const char* const mail_folder = ".";
  if (count != 2 || mkdir(arguments[1], 0700) != 0) return 2;
  snprintf(recovery_file, sizeof recovery_file, "%s/recovery.key", arguments[1]);
  snprintf(folder, sizeof folder, "%s/vault", arguments[1]);
  snprintf(state, sizeof state, "%s/state", arguments[1]);
EXAMPLE
  return code == 0 ? 0 : 1;
}
''',
}
# Of each header: the package that it is built with, and the program around its example.
AROUND_EXAMPLES = {name: ("letterpress", around) for name, around in IN_ENGINE.items()}
AROUND_EXAMPLES.update({name: ("letterpress-vault", around) for name, around in IN_VAULT.items()})


def example_of(header):
    """The indented lines of its first comment."""
    lines = []
    for line in header.splitlines()[1:]:
        match = re.match(r"(?://|/?\s?\*)(?: {3}(.*)|.*)$", line)
        if not match:
            break
        if match[1] is not None:
            lines.append(match[1])
    return "\n".join(lines)
