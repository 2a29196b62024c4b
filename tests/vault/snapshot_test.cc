// SPDX-License-Identifier: Apache-2.0
#include "vault/snapshot.h"

#include <gmock/gmock.h>

#include "vault/backup_fixture.h"

namespace letterpress::vault {
namespace {

class SnapshotTest : public BackupTest {
 protected:
  // Snapshots of one writer, made at these times.
  void append(const IngestKey& key, const std::vector<std::int64_t>& seconds) {
    LogHead head;
    for (const std::int64_t second : seconds) {
      LogEntry entry;
      entry.identity = key.identity;
      entry.sequence = head.sequence + 1;
      entry.previous = head.sha256;
      entry.time_ns = second * 1'000'000'000;
      head = take(append_log(vault_.storage(), key, entry));
    }
  }
  std::uint64_t found(const std::string& name) {
    const SnapshotList list = take(list_snapshots(vault_));
    const Result<const Snapshot*> snapshot = list.find(name);
    return snapshot ? (*snapshot)->entry.sequence : 0;
  }

  Vault vault_ = take(Vault::open(vault_path_));
};

TEST_F(SnapshotTest, TheLatestOfAWriterIsItsLastWhateverItsClockSaid) {
  append(key_, {100, 9000, 200});
  EXPECT_EQ(found("latest"), 3U);
}

TEST_F(SnapshotTest, OfSeveralWritersTheLatestIsTheLastInTime) {
  append(key_, {100, 300});
  append(take(vault_.enrol(recovery_, "other", {})), {200});
  EXPECT_EQ(found("latest"), 2U);
}

TEST_F(SnapshotTest, IsCalledByAsManyDigitsOfItsWriterAsItTakes) {
  append(key_, {100, 200});
  const std::string writer = to_hex(key_.identity.writer.bytes);
  for (const std::size_t digits : {std::size_t{4}, std::size_t{7}, writer.size()}) {
    EXPECT_EQ(found(writer.substr(0, digits) + "-2"), 2U) << digits;
  }
  EXPECT_EQ(found("2"), 2U);
  for (const std::string& name : {writer.substr(0, 3) + "-2", writer + "0-2", writer.substr(0, 4),
                                  writer.substr(0, 4) + "-3", std::string("-2")}) {
    EXPECT_EQ(found(name), 0U) << name;
  }
}

}  // namespace
}  // namespace letterpress::vault
