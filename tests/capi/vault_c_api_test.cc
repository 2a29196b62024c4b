// SPDX-License-Identifier: Apache-2.0
// The vault's C interface: what comes back, and what it says to those who call it wrongly. The
// programs in tests/examples use it from C and from Python.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "files/temp_tree.h"
#include "letterpress/snapshot.h"
#include "letterpress_vault.h"

namespace {

using letterpress::files::test::TempTree;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string string_of(const std::uint8_t* bytes, std::size_t count) {
  std::string text(count, '\0');
  if (count > 0) std::memcpy(text.data(), bytes, count);
  return text;
}

// What callbacks were given, and what they are to return.
struct Seen {
  std::vector<std::string> lines;
  std::string bytes;
  int result = 0;
  void* handle = nullptr;
  int result_inside = 0;
};

Seen& seen_of(void* user) { return *static_cast<Seen*>(user); }

int take_bytes(void* user, const std::uint8_t* bytes, std::size_t count) {
  seen_of(user).bytes += string_of(bytes, count);
  return seen_of(user).result;
}
int take_entry(void* user, const letterpress_entry* entry, std::uint64_t size_bytes) {
  seen_of(user).lines.push_back(std::string(entry->path) + ' ' + std::to_string(size_bytes));
  return seen_of(user).result;
}
int take_summary(void* user, const letterpress_vault_summary* snapshot) {
  seen_of(user).lines.push_back(std::string(snapshot->writer_name) + ' ' + snapshot->host + ' ' +
                                snapshot->sources[0] + ' ' + std::to_string(snapshot->entries));
  return seen_of(user).result;
}

template <class Struct>
Struct sized() {
  Struct made = {};
  made.struct_size = sizeof made;
  return made;
}

class VaultCApiTest : public ::testing::Test {
 protected:
  VaultCApiTest() {
    EXPECT_EQ(letterpress_vault_key_make_recovery(&recovery_), 0);
    EXPECT_EQ(letterpress_vault_make(path("vault").c_str(), recovery_, nullptr, 0, &vault_), 0);
    EXPECT_EQ(letterpress_vault_add_writer(vault_, "mx1", recovery_, nullptr, 0, &ingest_), 0);
    options_.sources = sources_;
    options_.source_count = 1;
    options_.state_folder = state_.c_str();
    options_.host = "mx1.example.org";
    options_.threads = 1;
    options_.user = &seen_;
    options_.on_problem = [](void* user, int severity, const char* where, const char* message) {
      seen_of(user).lines.push_back(std::to_string(severity) + ' ' + where + ' ' + message);
    };
  }
  ~VaultCApiTest() override {
    letterpress_vault_free(vault_);
    letterpress_vault_snapshot_free(snapshot_);
    letterpress_vault_backup_free(backup_);
    letterpress_vault_key_free(ingest_);
    letterpress_vault_key_free(recovery_);
  }

  std::string path(const char* below) const { return tree_.path(below); }
  int open_backup() {
    letterpress_vault_backup_free(backup_);
    return letterpress_vault_backup_open(vault_, ingest_, &options_, &backup_);
  }
  int begin(const char* where) {
    auto entry = sized<letterpress_entry>();
    entry.path = where;
    return letterpress_vault_backup_begin_entry(backup_, &entry);
  }
  void back_up(const std::string& content) {
    ASSERT_EQ(open_backup(), 0) << letterpress_vault_backup_error(backup_);
    ASSERT_EQ(begin("mail/a"), 0);
    ASSERT_EQ(letterpress_vault_backup_write(backup_, content.data(), content.size()), 0);
    ASSERT_EQ(letterpress_vault_backup_end_entry(backup_), 0);
    ASSERT_EQ(letterpress_vault_backup_finish(backup_, &report_), 0);
  }
  int open_snapshot() {
    letterpress_vault_snapshot_free(snapshot_);
    return letterpress_vault_snapshot_open(vault_, recovery_, nullptr, &snapshot_);
  }
  // What a call said that must be LETTERPRESS_INVALID_ARGUMENT.
  std::string refused(int code) const {
    EXPECT_EQ(code, LETTERPRESS_INVALID_ARGUMENT);
    return letterpress_vault_error(vault_);
  }
  std::string backup_refused(int code) const {
    EXPECT_EQ(code, LETTERPRESS_INVALID_ARGUMENT);
    return letterpress_vault_backup_error(backup_);
  }
  std::string snapshot_refused(int code) const {
    EXPECT_EQ(code, LETTERPRESS_INVALID_ARGUMENT);
    return letterpress_vault_snapshot_error(snapshot_);
  }

  TempTree tree_;
  const std::string state_ = tree_.path("state");
  const char* sources_[1] = {"mail"};
  Seen seen_;
  letterpress_vault_backup_options options_ = sized<letterpress_vault_backup_options>();
  letterpress_vault_backup_report report_ = sized<letterpress_vault_backup_report>();
  letterpress_vault_key* recovery_ = nullptr;
  letterpress_vault_key* ingest_ = nullptr;
  letterpress_vault* vault_ = nullptr;
  letterpress_vault_backup* backup_ = nullptr;
  letterpress_vault_snapshot* snapshot_ = nullptr;
};

TEST_F(VaultCApiTest, WhatIsPushedComesBack) {
  const std::string mail = "From: a@example.org\nSubject: x\n\nSome text.\n";
  back_up(mail);
  EXPECT_EQ(report_.struct_size, sizeof report_);
  EXPECT_EQ(report_.entries, 1U);
  EXPECT_EQ(report_.files, 1U);
  EXPECT_EQ(report_.messages, 1U);
  EXPECT_EQ(report_.raw_bytes, mail.size());
  EXPECT_THAT(std::string(report_.snapshot), ::testing::EndsWith("-1"));
  ASSERT_EQ(letterpress_vault_list(vault_, take_summary, nullptr, &seen_), 0);
  EXPECT_THAT(seen_.lines, ElementsAre("mx1 mx1.example.org mail 1"));
  seen_.lines.clear();
  ASSERT_EQ(letterpress_vault_snapshot_open(vault_, recovery_, report_.snapshot, &snapshot_), 0);
  ASSERT_EQ(letterpress_vault_snapshot_list(snapshot_, "", 1, take_entry, &seen_), 0);
  EXPECT_THAT(seen_.lines, ElementsAre("mail/a " + std::to_string(mail.size())));
  ASSERT_EQ(letterpress_vault_snapshot_read(snapshot_, "mail/a", 6, 13, take_bytes, &seen_), 0);
  EXPECT_EQ(seen_.bytes, "a@example.org");
  auto to = sized<letterpress_vault_restore_options>();
  const std::string out = path("out");
  to.to = out.c_str();
  auto restored = sized<letterpress_vault_restore_report>();
  ASSERT_EQ(letterpress_vault_snapshot_restore(snapshot_, &to, &restored), 0);
  EXPECT_EQ(restored.entries, 1U);
  EXPECT_EQ(restored.bytes, mail.size());
  EXPECT_EQ(tree_.read("out/mail/a"), mail);
}

TEST_F(VaultCApiTest, AVaultIsChecked) {
  back_up("text");
  auto verify = sized<letterpress_vault_verify_options>();
  auto report = sized<letterpress_vault_verify_report>();
  ASSERT_EQ(letterpress_vault_verify(vault_, nullptr, nullptr), 0);
  ASSERT_EQ(letterpress_vault_witness(vault_, take_bytes, &seen_), 0);
  letterpress_vault_key* owner = nullptr;
  ASSERT_EQ(letterpress_vault_key_make_public(recovery_, &owner), 0);
  EXPECT_EQ(letterpress_vault_key_get_kind(owner), LETTERPRESS_VAULT_PUBLIC);
  verify.trusted = owner;
  verify.key = recovery_;
  verify.witness = seen_.bytes.c_str();
  verify.is_deep = 1;
  ASSERT_EQ(letterpress_vault_verify(vault_, &verify, &report), 0)
      << letterpress_vault_error(vault_);
  EXPECT_EQ(report.snapshots, 1U);
  EXPECT_EQ(report.entries, 1U);
  EXPECT_EQ(report.damage, 0U);
  letterpress_vault_key_free(owner);
  // A witness of more than there is.
  back_up("more");
  seen_.bytes.clear();
  ASSERT_EQ(letterpress_vault_witness(vault_, take_bytes, &seen_), 0);
  for (const auto& [name, what] : letterpress::files::test::describe_tree(path("vault/log"))) {
    if (name.ends_with("00002")) tree_.remove("vault/log/" + name);
  }
  verify = sized<letterpress_vault_verify_options>();
  verify.witness = seen_.bytes.c_str();
  verify.user = &seen_;
  verify.on_damage = [](void* user, const letterpress_vault_damage* damage) {
    seen_of(user).lines.push_back(damage->message);
  };
  ASSERT_EQ(letterpress_vault_verify(vault_, &verify, &report), 0);
  EXPECT_EQ(report.damage, 1U);
  EXPECT_EQ(seen_.lines.size(), 1U);
  letterpress_vault_cancel(vault_);
  EXPECT_EQ(letterpress_vault_verify(vault_, nullptr, nullptr), LETTERPRESS_CANCELLED);
}

TEST_F(VaultCApiTest, AKeyIsReadAndWritten) {
  EXPECT_EQ(letterpress_vault_key_get_kind(recovery_), LETTERPRESS_VAULT_RECOVERY_KEY);
  EXPECT_EQ(letterpress_vault_key_get_kind(ingest_), LETTERPRESS_VAULT_INGEST_KEY);
  ASSERT_EQ(letterpress_vault_key_text(ingest_, "open sesame", take_bytes, &seen_), 0);
  letterpress_vault_key* again = nullptr;
  EXPECT_EQ(letterpress_vault_key_parse(seen_.bytes.data(), seen_.bytes.size(), "no", &again),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_vault_key_error(again), HasSubstr("passphrase"));
  EXPECT_EQ(letterpress_vault_key_get_kind(again), -1);
  EXPECT_EQ(letterpress_vault_key_write(again, path("k").c_str(), nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  letterpress_vault_key_free(again);
  ASSERT_EQ(
      letterpress_vault_key_parse(seen_.bytes.data(), seen_.bytes.size(), "open sesame", &again),
      0);
  ASSERT_EQ(letterpress_vault_key_write(again, path("k").c_str(), nullptr), 0);
  EXPECT_EQ(letterpress_vault_key_write(again, path("k").c_str(), nullptr), LETTERPRESS_IO);
  letterpress_vault_key_free(again);
  ASSERT_EQ(letterpress_vault_key_read(path("k").c_str(), nullptr, &again), 0);
  EXPECT_EQ(letterpress_vault_require_owner(vault_, again), 0);
  letterpress_vault_key_free(again);
  EXPECT_EQ(letterpress_vault_key_read(path("no").c_str(), nullptr, &again), LETTERPRESS_NOT_FOUND);
  letterpress_vault_key_free(again);
  seen_.result = -5;
  EXPECT_EQ(letterpress_vault_key_text(ingest_, nullptr, take_bytes, &seen_), -5);
}

TEST_F(VaultCApiTest, NullIsRefused) {
  EXPECT_EQ(letterpress_vault_key_make_recovery(nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_key_make_reader(nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_key_read(nullptr, nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_key_parse(nullptr, 0, nullptr, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_key_get_kind(nullptr), -1);
  EXPECT_EQ(letterpress_vault_key_make_public(nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_key_text(nullptr, nullptr, nullptr, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_key_write(nullptr, nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_make(nullptr, nullptr, nullptr, 0, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_open(nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_STREQ(letterpress_vault_id(nullptr), "");
  EXPECT_EQ(letterpress_vault_require_owner(nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_add_writer(nullptr, nullptr, nullptr, nullptr, 0, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_list(nullptr, nullptr, nullptr, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_verify(nullptr, nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_witness(nullptr, nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_backup_open(nullptr, nullptr, nullptr, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_backup_begin_entry(nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_backup_write(nullptr, nullptr, 0), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_backup_finish(nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_snapshot_open(nullptr, nullptr, nullptr, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_snapshot_list(nullptr, nullptr, 0, nullptr, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_snapshot_read(nullptr, nullptr, 0, 0, nullptr, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_vault_snapshot_restore(nullptr, nullptr, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  letterpress_vault_cancel(nullptr);
  letterpress_vault_backup_cancel(nullptr);
  letterpress_vault_snapshot_cancel(nullptr);
  EXPECT_STREQ(letterpress_vault_key_error(nullptr), "");
  EXPECT_STREQ(letterpress_vault_error(nullptr), "");
  EXPECT_STREQ(letterpress_vault_backup_error(nullptr), "");
  EXPECT_STREQ(letterpress_vault_snapshot_error(nullptr), "");
  letterpress_vault_key_free(nullptr);
  letterpress_vault_free(nullptr);
  letterpress_vault_backup_free(nullptr);
  letterpress_vault_snapshot_free(nullptr);
}

TEST_F(VaultCApiTest, NullInsideIsRefusedWithAText) {
  letterpress_vault_key* made = nullptr;
  EXPECT_THAT(refused(letterpress_vault_add_writer(vault_, nullptr, recovery_, nullptr, 0, &made)),
              HasSubstr("name"));
  EXPECT_THAT(refused(letterpress_vault_add_writer(vault_, "x", nullptr, nullptr, 0, &made)),
              HasSubstr("key is NULL"));
  EXPECT_THAT(refused(letterpress_vault_add_writer(vault_, "x", recovery_, nullptr, 1, &made)),
              HasSubstr("readers is NULL"));
  EXPECT_EQ(made, nullptr);
  EXPECT_THAT(refused(letterpress_vault_list(vault_, nullptr, nullptr, nullptr)),
              HasSubstr("take"));
  EXPECT_THAT(refused(letterpress_vault_witness(vault_, nullptr, nullptr)), HasSubstr("output"));
  EXPECT_THAT(refused(letterpress_vault_require_owner(vault_, nullptr)), HasSubstr("NULL"));

  options_.sources = nullptr;
  EXPECT_THAT(backup_refused(open_backup()), HasSubstr("sources is NULL"));
  options_.source_count = 0;
  EXPECT_THAT(backup_refused(open_backup()), HasSubstr("sources"));
  EXPECT_THAT(backup_refused(letterpress_vault_backup_end_entry(backup_)),
              HasSubstr("could not be opened"));
  options_.sources = sources_;
  options_.source_count = 1;
  ASSERT_EQ(open_backup(), 0);
  EXPECT_THAT(backup_refused(begin(nullptr)), HasSubstr("path is NULL"));
  EXPECT_THAT(backup_refused(letterpress_vault_backup_begin_entry(backup_, nullptr)),
              HasSubstr("entry is NULL"));
  EXPECT_THAT(backup_refused(letterpress_vault_backup_add_path(backup_, "mail", nullptr)),
              HasSubstr("NULL"));
  EXPECT_THAT(backup_refused(letterpress_vault_backup_fail_entry(backup_, nullptr)),
              HasSubstr("NULL"));
  back_up("text");

  ASSERT_EQ(open_snapshot(), 0);
  EXPECT_THAT(
      snapshot_refused(letterpress_vault_snapshot_list(snapshot_, nullptr, 0, take_entry, nullptr)),
      HasSubstr("path"));
  EXPECT_THAT(
      snapshot_refused(letterpress_vault_snapshot_read(snapshot_, "mail", 0, 1, nullptr, nullptr)),
      HasSubstr("output"));
  EXPECT_THAT(snapshot_refused(letterpress_vault_snapshot_restore(snapshot_, nullptr, nullptr)),
              HasSubstr("options is NULL"));
  const auto to = sized<letterpress_vault_restore_options>();
  EXPECT_THAT(snapshot_refused(letterpress_vault_snapshot_restore(snapshot_, &to, nullptr)),
              HasSubstr("to is needed"));
}

TEST_F(VaultCApiTest, AWrongOrderIsRefusedAndTheBackupGoesOn) {
  ASSERT_EQ(open_backup(), 0);
  EXPECT_THAT(backup_refused(letterpress_vault_backup_write(backup_, "x", 1)),
              HasSubstr("begin_entry"));
  ASSERT_EQ(begin("mail/a"), 0);
  EXPECT_THAT(backup_refused(begin("mail/b")), HasSubstr("end_entry"));
  EXPECT_THAT(backup_refused(letterpress_vault_backup_finish(backup_, &report_)),
              HasSubstr("end_entry"));
  ASSERT_EQ(letterpress_vault_backup_fail_entry(backup_, "the tape broke"), 0);
  EXPECT_THAT(backup_refused(begin("elsewhere")), HasSubstr("sources"));
  ASSERT_EQ(letterpress_vault_backup_finish(backup_, &report_), 0);
  EXPECT_EQ(report_.problems, 1U);
  EXPECT_THAT(seen_.lines, ElementsAre("2 mail/a the tape broke"));
  EXPECT_THAT(backup_refused(letterpress_vault_backup_finish(backup_, &report_)),
              HasSubstr("finish()"));
  EXPECT_THAT(backup_refused(begin("mail/c")), HasSubstr("finish()"));
}

TEST_F(VaultCApiTest, StructsMayBeNewerAndNotUnset) {
  struct {
    letterpress_vault_backup_options options;
    std::uint64_t newer;
  } longer = {options_, 0};
  longer.options.struct_size = sizeof longer;
  ASSERT_EQ(letterpress_vault_backup_open(vault_, ingest_, &longer.options, &backup_), 0);
  letterpress_vault_backup_free(backup_);
  longer.newer = 1;
  EXPECT_EQ(letterpress_vault_backup_open(vault_, ingest_, &longer.options, &backup_),
            LETTERPRESS_UNSUPPORTED);
  EXPECT_THAT(letterpress_vault_backup_error(backup_), HasSubstr("does not have"));
  options_.struct_size = 8;
  EXPECT_THAT(backup_refused(open_backup()), HasSubstr("struct_size"));
  letterpress_vault_verify_report report = {};
  EXPECT_THAT(refused(letterpress_vault_verify(vault_, nullptr, &report)),
              HasSubstr("report: struct_size"));
}

TEST_F(VaultCApiTest, WhatACallbackReturnsComesBackUnchangedAndEndsThatCallOnly) {
  back_up("text");
  ASSERT_EQ(open_snapshot(), 0);
  seen_.result = -4711;
  EXPECT_EQ(letterpress_vault_list(vault_, take_summary, nullptr, &seen_), -4711);
  EXPECT_EQ(letterpress_vault_snapshot_list(snapshot_, "", 0, take_entry, &seen_), -4711);
  EXPECT_EQ(letterpress_vault_snapshot_read(snapshot_, "mail/a", 0, 4, take_bytes, &seen_), -4711);
  EXPECT_THAT(letterpress_vault_snapshot_error(snapshot_), HasSubstr("-4711"));
  EXPECT_EQ(letterpress_vault_snapshot_read(snapshot_, "mail/b", 0, 4, take_bytes, &seen_),
            LETTERPRESS_NOT_FOUND);
  seen_.result = 0;
  seen_.bytes.clear();
  EXPECT_EQ(letterpress_vault_snapshot_read(snapshot_, "mail/a", 0, 4, take_bytes, &seen_), 0);
  EXPECT_EQ(seen_.bytes, "text");
}

TEST_F(VaultCApiTest, ACallInsideACallbackIsRefused) {
  back_up("text");
  ASSERT_EQ(open_snapshot(), 0);
  seen_.handle = snapshot_;
  const int code = letterpress_vault_snapshot_read(
      snapshot_, "mail/a", 0, 4,
      [](void* user, const std::uint8_t*, std::size_t) {
        auto* const snapshot = static_cast<letterpress_vault_snapshot*>(seen_of(user).handle);
        seen_of(user).result_inside =
            letterpress_vault_snapshot_list(snapshot, "", 0, take_entry, user);
        letterpress_vault_snapshot_free(snapshot);  // does nothing here
        return 0;
      },
      &seen_);
  EXPECT_EQ(code, 0);
  EXPECT_EQ(seen_.result_inside, LETTERPRESS_INVALID_ARGUMENT);
}

TEST_F(VaultCApiTest, CancellingStays) {
  ASSERT_EQ(open_backup(), 0);
  letterpress_vault_backup_cancel(backup_);
  EXPECT_EQ(begin("mail/a"), LETTERPRESS_CANCELLED);
  EXPECT_EQ(letterpress_vault_backup_finish(backup_, nullptr), LETTERPRESS_CANCELLED);
  // Also by a call that is wrong in itself.
  EXPECT_EQ(letterpress_vault_backup_begin_entry(backup_, nullptr), LETTERPRESS_CANCELLED);
  back_up("text");
  ASSERT_EQ(open_snapshot(), 0);
  letterpress_vault_snapshot_cancel(snapshot_);
  auto to = sized<letterpress_vault_restore_options>();
  const std::string out = path("out");
  to.to = out.c_str();
  EXPECT_EQ(letterpress_vault_snapshot_restore(snapshot_, &to, nullptr), LETTERPRESS_CANCELLED);
}

TEST_F(VaultCApiTest, HandlesAreFreedInAnyOrder) {
  ASSERT_EQ(open_backup(), 0);
  letterpress_vault_free(vault_);
  letterpress_vault_key_free(ingest_);
  ingest_ = nullptr;
  vault_ = nullptr;
  ASSERT_EQ(begin("mail/a"), 0);
  ASSERT_EQ(letterpress_vault_backup_end_entry(backup_), 0);
  ASSERT_EQ(letterpress_vault_backup_finish(backup_, nullptr), 0);
}

TEST_F(VaultCApiTest, KindsAreThoseOfTheHeader) {
  using Kind = letterpress::VaultKey::Kind;
  EXPECT_EQ(static_cast<int>(Kind::kRecovery), LETTERPRESS_VAULT_RECOVERY_KEY);
  EXPECT_EQ(static_cast<int>(Kind::kIngest), LETTERPRESS_VAULT_INGEST_KEY);
  EXPECT_EQ(static_cast<int>(Kind::kReader), LETTERPRESS_VAULT_READER_KEY);
  EXPECT_EQ(static_cast<int>(Kind::kReaderPublic), LETTERPRESS_VAULT_READER_PUBLIC);
  EXPECT_EQ(static_cast<int>(Kind::kVaultPublic), LETTERPRESS_VAULT_PUBLIC);
}

}  // namespace
