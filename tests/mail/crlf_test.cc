// SPDX-License-Identifier: Apache-2.0
#include "mail/crlf.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "mail/mail_text.h"
#include "mail/rebuild.h"

namespace letterpress::mail {
namespace {

std::string without_crlf(std::string_view text) {
  UnsetBytes stored = {9};
  const bool done = undo_crlf(as_bytes(text), stored);
  EXPECT_EQ(stored[0], 9);
  if (!done) {
    EXPECT_EQ(stored.size(), 1U);
    return "refused";
  }
  UnsetBytes again = {9};
  EXPECT_TRUE(redo_crlf(ByteView(stored).subspan(1), text.size(), again).has_value());
  EXPECT_EQ(as_text(again).substr(1), text);
  EXPECT_TRUE(redoes_crlf(ByteView(stored).subspan(1), as_bytes(text)));
  EXPECT_FALSE(redoes_crlf(ByteView(stored).subspan(1), as_bytes(text).subspan(1)));
  std::string wrong(text);
  EXPECT_FALSE(redoes_crlf(ByteView(stored).subspan(1), as_bytes(wrong + "x")));
  for (char& letter : wrong) {
    letter ^= 1;
    EXPECT_FALSE(redoes_crlf(ByteView(stored).subspan(1), as_bytes(wrong)));
    letter ^= 1;
  }
  return std::string(as_text(stored).substr(1));
}

TEST(Crlf, DropsTheReturnOfEveryLine) {
  EXPECT_EQ(without_crlf("a\r\nb\r\n"), "a\nb\n");
  EXPECT_EQ(without_crlf("\r\n"), "\n");
  EXPECT_EQ(without_crlf("\r\n\r\nx"), "\n\nx");
}

TEST(Crlf, KeepsOtherReturns) { EXPECT_EQ(without_crlf("a\rb\r\r\n\r"), "a\rb\r\n\r"); }

TEST(Crlf, RefusesMixedAndBareLines) {
  for (const std::string_view text :
       {"", "a", "\r", "a\n", "\n", "\n\r", "a\r\nb\n", "a\nb\r\n", "a\r\n\n", "\r\n\n\r\n"}) {
    EXPECT_EQ(without_crlf(text), "refused") << text;
  }
}

TEST(Crlf, RejectsEveryOtherLength) {
  const Bytes stored = test::bytes_of("a\nb\n");
  for (std::size_t size = 0; size < 12; ++size) {
    UnsetBytes out;
    EXPECT_EQ(redo_crlf(stored, size, out).has_value(), size == 6) << size;
    EXPECT_EQ(out.size(), size == 6 ? 6U : 0U);
  }
  UnsetBytes out;
  EXPECT_FALSE(redo_crlf(Bytes(kSegmentBytesMax, 'a'), kSegmentBytesMax + 1, out).has_value());
}

TEST(Rebuild, GoesByTheTransform) {
  const Bytes stored = test::bytes_of("a\n");
  const Bytes layout = {0x21};
  const auto made = [&](Transform transform, ByteView with, std::size_t size) {
    UnsetBytes out;
    const Status status = rebuild(transform, with, stored, size, out);
    return status ? std::string(as_text(out)) : std::string("corrupt");
  };
  EXPECT_EQ(made(Transform::kIdentity, {}, 2), "a\n");
  EXPECT_EQ(made(Transform::kCrlf, {}, 3), "a\r\n");
  EXPECT_EQ(made(Transform::kBase64, layout, 5), "YQo=\n");
  EXPECT_EQ(made(Transform::kIdentity, {}, 3), "corrupt");
  EXPECT_EQ(made(Transform::kIdentity, layout, 2), "corrupt");
  EXPECT_EQ(made(Transform::kCrlf, layout, 3), "corrupt");
  EXPECT_EQ(made(Transform::kBase64, {}, 5), "corrupt");
  EXPECT_EQ(made(static_cast<Transform>(3), {}, 2), "corrupt");
}

}  // namespace
}  // namespace letterpress::mail
