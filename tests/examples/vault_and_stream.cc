// SPDX-License-Identifier: Apache-2.0
// A product in C++ that has both libraries in one process: it pushes mail into a vault, and the
// same mail, pressed, into a store of its own. Both must bring it back.
//
//   vault_and_stream WORK_FOLDER MAIL_FOLDER
//
// Keys stay in memory, as in a product that has a place for secrets.
#include <letterpress/rebuild.h>
#include <letterpress/snapshot.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace fs = std::filesystem;
using letterpress::Error;
using letterpress::ErrorCode;
using letterpress::Ok;
using letterpress::PressedBlock;
using letterpress::PressedPart;
using letterpress::Result;
using letterpress::Status;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Files = std::map<std::string, Bytes>;

struct Store final : letterpress::Receiver {
  std::map<std::uint64_t, Bytes> blocks;
  std::map<std::string, std::vector<PressedPart>> parts;
  std::string path;

  Status put_block(PressedBlock&& block) override {
    blocks[block.number] = std::move(block.bytes);
    return Ok{};
  }
  Status put_part(PressedPart&& part) override {
    if (part.is_first) path = part.entry.path;
    parts[path].push_back(std::move(part));
    return Ok{};
  }
  Status end_group() override { return Ok{}; }
};

Files read_files(const fs::path& folder) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files["mail/" + fs::relative(entry.path(), folder).string()] =
        Bytes(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

// A Press and a Backup are filled in the same way.
template <class Front>
Status push(Front& front, const Files& files) {
  for (const auto& [path, content] : files) {
    LETTERPRESS_TRY(front.begin_entry({.path = path, .metadata = {.mode = 0600}}));
    LETTERPRESS_TRY(front.write(content));
    LETTERPRESS_TRY(front.end_entry());
  }
  return Ok{};
}

Status same(const std::string& path, const Bytes& original, const Bytes& back) {
  if (original == back) return Ok{};
  return Error(ErrorCode::kCorrupt, path + " came back as something else");
}

Status through_a_vault(const Files& files, const fs::path& work) {
  using letterpress::VaultKey;
  LETTERPRESS_TRY_ASSIGN(const VaultKey recovery, VaultKey::make_recovery());
  LETTERPRESS_TRY_ASSIGN(letterpress::Vault vault,
                         letterpress::Vault::make(work / "vault", recovery));
  LETTERPRESS_TRY_ASSIGN(const VaultKey ingest, vault.add_writer("product", recovery));
  LETTERPRESS_TRY_ASSIGN(letterpress::Backup backup,
                         letterpress::Backup::open(
                             vault, ingest, {.sources = {"mail"}, .state_folder = work / "state"}));
  LETTERPRESS_TRY(push(backup, files));
  LETTERPRESS_TRY_ASSIGN(const letterpress::BackupReport report, backup.finish());
  LETTERPRESS_TRY_ASSIGN(letterpress::Snapshot snapshot,
                         letterpress::Snapshot::open(vault, recovery, report.snapshot));
  for (const auto& [path, content] : files) {
    Bytes back;
    LETTERPRESS_TRY(
        snapshot.read(path, 0, UINT64_MAX, [&](std::span<const std::uint8_t> bytes) -> Status {
          back.insert(back.end(), bytes.begin(), bytes.end());
          return Ok{};
        }));
    LETTERPRESS_TRY(same(path, content, back));
  }
  LETTERPRESS_TRY_ASSIGN(const letterpress::VerifyReport verified,
                         vault.verify({.key = recovery, .is_deep = true}));
  std::printf("vault: %llu entries, %llu damages\n",
              static_cast<unsigned long long>(report.entries),
              static_cast<unsigned long long>(verified.damage));
  return Ok{};
}

Status through_a_stream(const Files& files) {
  Store store;
  LETTERPRESS_TRY_ASSIGN(letterpress::Press press, letterpress::Press::open({}, store));
  LETTERPRESS_TRY(push(press, files));
  LETTERPRESS_TRY_ASSIGN(const letterpress::PressTotals totals, press.finish());
  letterpress::Rebuild rebuild(
      [&](std::uint64_t number) -> Result<Bytes> { return store.blocks.at(number); });
  for (const auto& [path, content] : files) {
    std::vector<letterpress::Rebuild::Part> recipes;
    for (const PressedPart& part : store.parts[path]) {
      recipes.push_back({part.raw_bytes, part.recipe});
    }
    Bytes back;
    LETTERPRESS_TRY(rebuild.whole(recipes, [&](std::span<const std::uint8_t> bytes) -> Status {
      back.insert(back.end(), bytes.begin(), bytes.end());
      return Ok{};
    }));
    LETTERPRESS_TRY(same(path, content, back));
  }
  std::printf("stream: %llu entries, %zu blocks\n", static_cast<unsigned long long>(totals.entries),
              store.blocks.size());
  return Ok{};
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: vault_and_stream WORK_FOLDER MAIL_FOLDER\n");
    return 2;
  }
  const Files files = read_files(arguments[2]);
  fs::create_directories(arguments[1]);
  Status status = through_a_vault(files, arguments[1]);
  if (status) status = through_a_stream(files);
  if (!status) std::fprintf(stderr, "%s\n", status.error().message().c_str());
  return status ? 0 : 1;
}
