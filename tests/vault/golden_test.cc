// SPDX-License-Identifier: Apache-2.0
// The tiny vault in tests/golden/vault is frozen: another byte there means another format version.
// What it holds is written down in expected.json beside it, and read by an independent reader.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "vault/keys/key_files.h"
#include "vault/log/chain.h"
#include "vault/memory_storage.h"
#include "vault/packs/pack_reader.h"
#include "vault/vault.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

namespace fs = std::filesystem;

const std::string kGolden = LETTERPRESS_GOLDEN_VAULT;

// Path -> bytes of every file under a folder.
std::map<std::string, Bytes> files_under(const std::string& folder) {
  std::map<std::string, Bytes> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).string()] = take(read_file(entry.path(), 1 << 20));
  }
  return files;
}

InitOptions tiny_options() {
  InitOptions options;
  options.vault = kTinyIdentity.vault;
  options.writer = kTinyIdentity.writer;
  options.writer_name = "mail.example.org";
  options.root = tiny_recovery().root;
  options.secrets = tiny_secrets();
  options.created_s = 1'795'444'860;
  return options;
}

// The boxes are random: those of the frozen packs, taken from where the document says they are.
std::array<std::vector<ReaderSlot>, 2> golden_slots() {
  std::array<std::vector<ReaderSlot>, 2> slots;
  const Vault vault = take(Vault::open(kGolden + "/vault"));
  const Chain chain = take(read_chain(vault.storage(), vault.keyring(), kTinyIdentity.writer));
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string path = pack_path(chain.links.at(0).entry.packs.at(i).sha256);
    const Bytes bytes = take(vault.storage().read(path, 320, 120));
    ReaderSlot& slot = slots[i].emplace_back();
    std::copy_n(bytes.begin(), slot.reader.size(), slot.reader.begin());
    std::copy_n(bytes.begin() + 8, slot.box.size(), slot.box.begin());
  }
  return slots;
}

TEST(GoldenVault, IsWrittenAgainByteForByte) {
  const TemporaryFolder folder;
  Vault vault =
      take(Vault::init(folder.path() + "/vault", folder.path() + "/keys", tiny_options()));
  make_tiny_vault(vault.storage(), golden_slots());
  const auto written = files_under(folder.path());
  auto golden = files_under(kGolden);
  golden.erase("expected.json");
  for (const auto& [path, bytes] : written) {
    EXPECT_TRUE(golden.contains(path) && golden.at(path) == bytes) << path;
  }
  EXPECT_EQ(written.size(), golden.size());
}

TEST(GoldenVault, IsSoundAndReadable) {
  const Vault vault = take(Vault::open(kGolden + "/vault"));
  const Chain chain = take(read_chain(vault.storage(), vault.keyring(), kTinyIdentity.writer));
  EXPECT_TRUE(chain.problems.empty());
  ASSERT_EQ(chain.links.size(), 2U);
  Keyring keys = vault.keyring();
  keys.add(take(read_reading_key(kGolden + "/keys/recovery.key")).reader);
  for (const PackRef& pack : chain.links[0].entry.packs) {
    const PackCheck check = take(check_pack(vault.storage(), keys, kTinyIdentity, pack));
    EXPECT_FALSE(check.is_locked);
    EXPECT_TRUE(check.damage.empty());
    EXPECT_TRUE(check.blocks.empty());
  }
  EXPECT_EQ(take(read_ingest_key(kGolden + "/keys/ingest.key")).identity, kTinyIdentity);
}

// The hex dump behind "<!-- example: NAME -->" in the document: offset, then up to 16 bytes a line;
// "*" repeats the line before up to the next offset.
Bytes example(const std::string& name) {
  std::ifstream document(LETTERPRESS_FORMAT_DOCUMENT);
  std::string line;
  while (std::getline(document, line) && line != "<!-- example: " + name + " -->") continue;
  std::getline(document, line);  // the fence
  Bytes bytes;
  while (std::getline(document, line) && line.rfind("```", 0) != 0) {
    if (line == "*") continue;
    std::istringstream fields(line);
    std::string field;
    fields >> field;
    const std::size_t offset = std::strtoul(field.c_str(), nullptr, 16);
    while (bytes.size() < offset) bytes.push_back(bytes[bytes.size() - 16]);
    while (fields >> field && field.size() == 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::strtoul(field.c_str(), nullptr, 16)));
    }
  }
  return bytes;
}

TEST(FormatDocument, ExampleOfALogEntryIsOne) {
  MemoryStorage storage;
  const std::string folder = log_folder(kTinyIdentity.writer);
  storage.folders = {folder};
  storage.files[folder + "/00000000000000000002"] = example("log entry");
  const LogEntry entry =
      take(read_log_entry(storage, public_keys(), kTinyIdentity.writer, 2)).entry;
  // The values that the text around the example gives.
  EXPECT_EQ(entry.identity, kTinyIdentity);
  EXPECT_EQ(entry.time_ns, -1);
  EXPECT_EQ(entry.host, "");
  EXPECT_EQ(entry.root, (Bytes{1, 2, 3, 4, 5}));
  EXPECT_EQ(entry.totals, (SnapshotTotals{7, 5, 123456, 0, 0}));
  EXPECT_EQ(entry.alarms, kAlarmVanished);
  EXPECT_EQ(entry.extensions, (std::vector<LogExtension>{{99, {0xfe, 0xff}}, {300, {}}}));
}

}  // namespace
}  // namespace letterpress::vault
