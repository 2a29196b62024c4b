// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/lock.h"

#include <gtest/gtest.h>

#include "files/temp_tree.h"
#include "vault/storage/posix_calls.h"

namespace letterpress::restic {
namespace {

// Whoever has the key can write any lock.
class HostileLock : public ::testing::Test {
 protected:
  HostileLock() : box_(key_) {}

  ErrorCode refused(const std::string& json) {
    const Result<std::string> name = put_unpacked(folder_, box_, "locks", json);
    EXPECT_TRUE(name);
    const Result<Lock> lock = Lock::take(folder_, box_, {"host", "user", 1, 0, 0});
    EXPECT_TRUE(folder_.remove("locks/" + *name));
    EXPECT_FALSE(lock);
    return lock ? ErrorCode::kCancelled : lock.error().code();
  }

  const files::test::TempTree tree_;
  RepositoryFolder folder_ =
      *RepositoryFolder::create(vault::PosixCalls::system(), tree_.path("repo"));
  const BoxKey key_ = *random_box_key();
  Box box_;
};

TEST_F(HostileLock, MayBeNestedDeeperThanAStack) {
  const std::string deep = std::string(400'000, '[') + std::string(400'000, ']');
  EXPECT_EQ(refused(R"({"exclusive":true,"pid":)" + deep + "}"), ErrorCode::kIo);
  EXPECT_EQ(refused(R"({"exclusive":)" + deep + "}"), ErrorCode::kIo);
  // With members behind it.
  EXPECT_EQ(refused(R"({"exclusive":)" + deep + R"(,"pid":1,"a":2,"b":3})"), ErrorCode::kIo);
}

TEST_F(HostileLock, OfMoreThanAMebibyteIsNone) {
  const std::string padding((1 << 20) - 20, ' ');
  EXPECT_EQ(refused(R"({"exclusive":true})" + padding), ErrorCode::kIo);
  EXPECT_EQ(refused(R"({"exclusive":true})" + padding + "    "), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace letterpress::restic
