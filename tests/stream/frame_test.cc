// SPDX-License-Identifier: Apache-2.0
// Expected bytes are those of docs/STREAM.md, "Frame" and "Header".
#include "stream/frame.h"

#include <gtest/gtest.h>

#include "stream/playback.h"
#include "stream/stream_header.h"

namespace letterpress::stream {
namespace {

constexpr std::string_view kHeader =
    "4c5053545245414d 0100 02 00 0102030405060708 00100000 00400000 00000100";

Bytes header_bytes() { return from_hex(kHeader); }

Bytes with(Bytes bytes, std::size_t at, std::uint8_t value) {
  bytes[at] = value;
  return bytes;
}

TEST(Frame, IsHeadBodyAndXxh3) {
  Bytes out = {0xaa};
  append_frame(FrameType::kGroupEnd, {}, out);
  // The group end of the document's example.
  EXPECT_EQ(out, from_hex("aa 47 000000 00000000 d32b6559d43ad957"));
}

TEST(Frame, HeadIsRefusedIfReservedBytesAreSetOrTheLengthIsOverItsLimit) {
  const auto decode = [](std::string_view hex) { return decode_frame_head(from_hex(hex)); };
  EXPECT_TRUE(decode("42 000000 00008000").is_valid);  // 8 MiB
  EXPECT_EQ(decode("42 000000 00008000").body_bytes, 8U << 20);
  EXPECT_EQ(decode("42 000000 00008000").type, 0x42);
  EXPECT_FALSE(decode("42 000000 01008000").is_valid);
  EXPECT_FALSE(decode("42 000000 ffffffff").is_valid);
  EXPECT_FALSE(decode("42 010000 00000000").is_valid);
  EXPECT_FALSE(decode("42 000100 00000000").is_valid);
  EXPECT_FALSE(decode("42 000001 00000000").is_valid);
}

Result<StreamHeader> decoded_header(ByteView bytes, Fault expected = Fault::kBadHeader) {
  Fault fault{};
  Result<StreamHeader> header = decode_stream_header(bytes, fault);
  if (!header) {
    EXPECT_EQ(fault, expected) << fault_name(fault);
  }
  return header;
}

TEST(StreamHeader, IsAsTheDocumentSays) {
  const StreamHeader header{true, 0x0807060504030201, 4096, 16384, 65536};
  EXPECT_EQ(encode_stream_header(header), header_bytes());
  const auto decoded = decoded_header(header_bytes());
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, header);
}

TEST(StreamHeader, RefusesWhatIsNoStream) {
  for (std::size_t at = 0; at < 8; ++at) {
    const auto result = decoded_header(with(header_bytes(), at, '?'), Fault::kNotAStream);
    ASSERT_FALSE(result) << at;
    EXPECT_EQ(result.error().code(), ErrorCode::kCorrupt);
  }
  EXPECT_FALSE(decoded_header({}, Fault::kNotAStream));
}

TEST(StreamHeader, SaysThatTheStreamIsNewer) {
  // A newer header may have any length.
  Bytes newer = with(header_bytes(), 8, 2);
  newer.resize(12);
  for (const Bytes& bytes : {with(header_bytes(), 8, 2), with(header_bytes(), 9, 1), newer}) {
    const auto result = decoded_header(bytes, Fault::kUnknownVersion);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kUnsupported);
    EXPECT_NE(result.error().message().find("version"), std::string::npos);
  }
}

TEST(StreamHeader, RefusesFieldsOutOfTheirLimits) {
  const Fault newer = Fault::kUnknownFeature;
  EXPECT_FALSE(decoded_header(with(header_bytes(), 10, 0), newer));  // no hash
  EXPECT_FALSE(decoded_header(with(header_bytes(), 10, 3), newer));  // a hash to come
  EXPECT_FALSE(decoded_header(with(header_bytes(), 11, 2), newer));  // a flag to come
  EXPECT_FALSE(decoded_header(with(header_bytes(), 10, 1)));         // a check without a key
  EXPECT_FALSE(decoded_header(with(header_bytes(), 21, 0x41)));      // min > avg
  EXPECT_FALSE(decoded_header(with(header_bytes(), 26, 2)));         // avg > max
  EXPECT_FALSE(decoded_header(with(header_bytes(), 28, 1)));         // max > 65,536
}

TEST(StreamHeader, HasFieldsIfItNeedsFeatures) {
  StreamHeader header{true, 0x0807060504030201, 4096, 16384, 65536, true};
  Bytes expected = with(header_bytes(), 11, 1);
  append(expected, from_hex("01 0f"));
  append(expected, as_bytes("borrowed-chunks"));
  EXPECT_EQ(encode_stream_header(header), expected);
  auto decoded = decoded_header(expected);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, header);
  append(expected, from_hex("63 03 00ff20"));  // a field of a type to come
  decoded = decoded_header(expected);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, header);
  append(expected, from_hex("01 02 7a39"));
  decoded = decoded_header(expected, Fault::kUnknownFeature);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message(),
            "made by a newer version: needs the feature 'z9', which this version does not have");
}

TEST(StreamHeader, RefusesOtherLengths) {
  const Bytes header = header_bytes();
  // From where the hash begins: less cannot be told from another version.
  for (std::size_t bytes = 12; bytes < header.size(); ++bytes) {
    EXPECT_FALSE(decoded_header(ByteView(header).first(bytes))) << bytes;
  }
  Bytes longer = header;
  longer.push_back(0);
  EXPECT_FALSE(decoded_header(longer));
}

}  // namespace
}  // namespace letterpress::stream
