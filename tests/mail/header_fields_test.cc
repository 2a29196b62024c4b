// SPDX-License-Identifier: Apache-2.0
#include "mail/header_fields.h"

#include <gtest/gtest.h>

#include "mail/mail_text.h"

namespace letterpress::mail {
namespace {

// Adds the header's lines as the splitter does.
PartShape describe(std::string_view header) {
  HeaderFields fields;
  while (!header.empty()) {
    const std::size_t size = std::min(header.find('\n'), header.size() - 1) + 1;
    fields.add_line(as_bytes(header.substr(0, size)), header[0] == ' ' || header[0] == '\t');
    header.remove_prefix(size);
  }
  return fields.describe();
}

std::string boundary(std::string_view header) {
  return std::string(describe(header).boundary.view());
}

TEST(HeaderFields, TakeTextForGranted) {
  const PartShape shape = describe("Subject: x\nX-Content-Type: multipart/mixed; boundary=a\n");
  EXPECT_EQ(shape.body, Body::kText);
  EXPECT_FALSE(shape.is_typed);
  EXPECT_FALSE(shape.is_base64);
  EXPECT_FALSE(shape.is_binary);
}

TEST(HeaderFields, KnowWhatABodyIs) {
  EXPECT_EQ(describe("Content-Type: text/html; charset=x\n").body, Body::kText);
  EXPECT_EQ(describe("content-type:IMAGE/png\n").body, Body::kAttachment);
  EXPECT_EQ(describe("Content-Type :\r\n\tapplication/pdf;\r\n name=x\r\n").body,
            Body::kAttachment);
  EXPECT_EQ(describe("Content-Type: message/RFC822\n").body, Body::kMessage);
  EXPECT_EQ(describe("Content-Type: message/delivery-status\n").body, Body::kText);
  EXPECT_EQ(describe("Content-Type: multipart/mixed; boundary=x\n").body, Body::kMultipart);
  EXPECT_EQ(describe("Content-Type: multipart/mixed\n").body, Body::kText);
  EXPECT_EQ(describe("Content-Type:\n").body, Body::kText);
  // The first of two counts.
  EXPECT_EQ(describe("Content-Type: image/png\nContent-Type: text/plain\n").body,
            Body::kAttachment);
}

TEST(HeaderFields, KnowTheEncoding) {
  EXPECT_TRUE(describe("Content-Transfer-Encoding: base64\n").is_base64);
  EXPECT_TRUE(describe("CONTENT-TRANSFER-ENCODING:\n  BASE64  \r\n").is_base64);
  EXPECT_TRUE(describe("Content-Transfer-Encoding: \"base64\"; x\n").is_base64);
  EXPECT_FALSE(describe("Content-Transfer-Encoding: quoted-printable\n").is_base64);
  EXPECT_TRUE(describe("Content-Transfer-Encoding: 8bit\n").is_binary);
  EXPECT_TRUE(describe("Content-Transfer-Encoding: Binary\n").is_binary);
  EXPECT_FALSE(describe("Content-Transfer-Encoding: 7bit\n").is_binary);
}

TEST(HeaderFields, FindTheBoundary) {
  EXPECT_EQ(boundary("Content-Type: multipart/mixed; boundary=abc\n"), "abc");
  EXPECT_EQ(boundary("Content-Type: multipart/mixed; boundary=\"a b;c\"; x=y\n"), "a b;c");
  EXPECT_EQ(boundary("Content-Type: multipart/mixed;\n\tcharset=\"boundary=no\";\n\t"
                     "BOUNDARY = \"--=_x\"\n"),
            "--=_x");
  EXPECT_EQ(boundary("Content-Type: multipart/mixed; boundary=\"a\\\"b\\\\c\"\n"), "a\"b\\c");
  EXPECT_EQ(boundary("Content-Type: multipart/mixed; boundary*0=ab; boundary*1=\"cd\"\n"), "abcd");
  EXPECT_EQ(boundary("Content-Type: multipart/mixed; boundary=a; boundary=b\n"), "a");
  EXPECT_EQ(boundary("Content-Type: multipart/mixed;; ;boundary=\"open\n"), "open");
  EXPECT_EQ(boundary("Content-Type: multipart/mixed; boundary; boundary=x\n"), "x");
  EXPECT_EQ(boundary("Content-Type: multipart/mixed; boundary=\n"), "");
}

TEST(HeaderFields, DropABoundaryThatIsTooLong) {
  const std::string longest(kBoundaryBytesMax, 'x');
  EXPECT_EQ(boundary("Content-Type: multipart/mixed; boundary=" + longest + "\n"), longest);
  EXPECT_EQ(boundary("Content-Type: multipart/mixed; boundary=" + longest + "x\n"), "");
  EXPECT_EQ(boundary("Content-Type: multipart/mixed; boundary=\"" + longest + "x\"\n"), "");
}

TEST(HeaderFields, ReadNoMoreThanTheLimit) {
  std::string header = "Content-Type: multipart/mixed;\n";
  for (std::size_t i = 0; i < kFieldBytesMax; ++i) header += " a=b;\n";
  EXPECT_EQ(boundary(header + " boundary=late\n"), "");
}

TEST(HeaderFields, NameFieldsOnly) {
  EXPECT_EQ(field_name("Subject: x\n"), "Subject");
  EXPECT_EQ(field_name("X-\xe4: x\n"), "");
  EXPECT_EQ(field_name("a b: c\n"), "");
  EXPECT_EQ(field_name("a \t: c\n"), "a");
  EXPECT_EQ(field_name(": c\n"), "");
  EXPECT_EQ(field_name("no colon\n"), "");
  EXPECT_EQ(field_name(""), "");
}

}  // namespace
}  // namespace letterpress::mail
