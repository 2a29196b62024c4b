// SPDX-License-Identifier: Apache-2.0
// Every kernel this CPU runs, and the one for AVX-512 with its instructions emulated, against the
// scalar one: what they return, what they write, and that they stay inside the buffers.
#include "mail/base64_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "mail/base64_vbmi.h"
#include "mail/guarded_bytes.h"
#include "mail/mail_text.h"

namespace letterpress::mail {
namespace {

using test::GuardedBytes;
using test::random_bytes;

// The instructions as Intel's manual defines them.
struct EmulatedIsa {
  using Vector = std::array<std::uint8_t, 64>;

  static Vector load(const std::uint8_t* from) { return load_some(from, 64, 0); }

  static Vector load_some(const std::uint8_t* from, std::size_t bytes, std::uint8_t fill) {
    Vector v;
    v.fill(fill);
    std::copy_n(from, bytes, v.begin());
    return v;
  }

  static void store(const Vector& v, std::uint8_t* to) { store_some(v, to, 64); }
  static void store_48(const Vector& v, std::uint8_t* to) { store_some(v, to, 48); }
  static void store_some(const Vector& v, std::uint8_t* to, std::size_t bytes) {
    std::copy_n(v.begin(), bytes, to);
  }

  // VPERMB
  static Vector permute(const Vector& index, const Vector& table) {
    Vector v;
    for (std::size_t i = 0; i < 64; ++i) v[i] = table[index[i] & 63];
    return v;
  }

  // VPERMI2B
  static Vector permute_two(const Vector& low, const Vector& index, const Vector& high) {
    Vector v;
    for (std::size_t i = 0; i < 64; ++i) {
      v[i] = ((index[i] & 64) != 0 ? high : low)[index[i] & 63];
    }
    return v;
  }

  // VPMULTISHIFTQB
  static Vector multishift(const Vector& shifts, const Vector& from) {
    Vector v;
    for (std::size_t i = 0; i < 64; ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, from.data() + i / 8 * 8, 8);
      v[i] = static_cast<std::uint8_t>(std::rotr(word, shifts[i] & 63));
    }
    return v;
  }

  // VPMADDUBSW with 64, 1, then VPMADDWD with 4096, 1
  static Vector join(const Vector& from) {
    Vector v;
    for (std::size_t i = 0; i < 64; i += 4) {
      const std::uint32_t word =
          (from[i] * 64U + from[i + 1]) * 4096U + (from[i + 2] * 64U + from[i + 3]);
      std::memcpy(v.data() + i, &word, 4);
    }
    return v;
  }

  static Vector either(const Vector& a, const Vector& b) {
    Vector v;
    for (std::size_t i = 0; i < 64; ++i) v[i] = a[i] | b[i];
    return v;
  }

  // VPMOVB2M
  static std::uint64_t top_bits(const Vector& v) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 64; ++i) bits |= std::uint64_t{v[i] >= 128} << i;
    return bits;
  }
};

using EmulatedCodec = VbmiCodec<EmulatedIsa>;

constexpr Base64Kernel kEmulated = {CpuTier::kAvx512,
                                    prefix_by<EmulatedCodec>,
                                    decode_quanta_by<EmulatedCodec>,
                                    encode_quanta_by<EmulatedCodec>,
                                    decode_lines_by<EmulatedCodec>,
                                    encode_lines_by<EmulatedCodec>};

struct NamedKernel {
  std::string name;
  const Base64Kernel* kernel;
};

std::vector<NamedKernel> kernels() {
  std::vector<NamedKernel> named = {{"avx512_emulated", &kEmulated}};
  for (const Base64Kernel* kernel : base64_kernels()) {
    if (kernel->tier <= cpu_tier()) named.push_back({cpu_tier_name(kernel->tier), kernel});
  }
  return named;
}

class Base64Kernels : public testing::TestWithParam<NamedKernel> {
 protected:
  const Base64Kernel& kernel() const { return *GetParam().kernel; }

  void expect_same_decoding(ByteView text) {
    const std::size_t quanta = text.size() / 4;
    const std::uint8_t* const from = from_.put(text);
    std::uint8_t* const made = made_.make(3 * quanta);
    Bytes wanted(3 * quanta);
    const std::size_t done = kBase64Scalar.decode_quanta(text.data(), quanta, wanted.data());
    ASSERT_EQ(kernel().decode_quanta(from, quanta, made), done);
    ASSERT_TRUE(std::equal(made, made + 3 * done, wanted.data()));
    ASSERT_TRUE(made_.untouched_before(made));
    ASSERT_EQ(kernel().prefix(from, text.size()), kBase64Scalar.prefix(text.data(), text.size()));
  }

  void expect_same_encoding(ByteView bytes) {
    const std::size_t quanta = bytes.size() / 3;
    Bytes wanted(4 * quanta);
    kBase64Scalar.encode_quanta(bytes.data(), quanta, wanted.data());
    std::uint8_t* const made = made_.make(4 * quanta);
    kernel().encode_quanta(from_.put(bytes), quanta, made);
    ASSERT_TRUE(std::ranges::equal(ByteView(made, 4 * quanta), wanted));
    ASSERT_TRUE(made_.untouched_before(made));
  }

  void expect_same_lines(ByteView text, std::size_t line_count, const Base64Lines& lines) {
    Bytes wanted(line_count * 3 * lines.quanta);
    std::uint8_t* const made = made_.make(wanted.size());
    const std::size_t done =
        kBase64Scalar.decode_lines(text.data(), line_count, lines, wanted.data());
    ASSERT_EQ(kernel().decode_lines(from_.put(text), line_count, lines, made), done);
    ASSERT_TRUE(std::equal(made, made + done * 3 * lines.quanta, wanted.data()));
    ASSERT_TRUE(made_.untouched_before(made));
  }

  GuardedBytes from_{1U << 16};
  GuardedBytes made_{1U << 16};
};

INSTANTIATE_TEST_SUITE_P(Tiers, Base64Kernels, testing::ValuesIn(kernels()),
                         [](const auto& tested) { return tested.param.name; });

Base64Lines make_lines(std::size_t quanta, std::string_view ending) {
  Base64Lines lines{quanta, ending.size(), 0};
  std::memcpy(&lines.ending, ending.data(), ending.size());
  return lines;
}

constexpr std::string_view kEndings[] = {
    "", "\n", "\r\n", " \r\n", "\r\n\r\n", " \t \t\r\n", "\n\n\n\n\n\n\n", "\r\n\r\n\r\n\r\n"};

TEST_P(Base64Kernels, AgreeAtEveryLength) {
  for (std::size_t size = 0; size <= 400; ++size) {
    const Bytes bytes = random_bytes(size, static_cast<unsigned>(size));
    const std::string text = test::plain_base64(bytes);
    expect_same_decoding(as_bytes(text));
    expect_same_decoding(as_bytes(text).first(size));
    expect_same_encoding(bytes);
    ASSERT_FALSE(HasFatalFailure()) << size;
  }
}

TEST_P(Base64Kernels, AgreeOnEveryByteAtEveryPosition) {
  Bytes text = test::bytes_of(test::plain_base64(random_bytes(3 * 35)));
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::uint8_t before = text[at];
    for (unsigned byte = 0; byte < 256; ++byte) {
      text[at] = static_cast<std::uint8_t>(byte);
      expect_same_decoding(text);
      ASSERT_FALSE(HasFatalFailure()) << "byte " << byte << " at " << at;
    }
    text[at] = before;
  }
}

TEST_P(Base64Kernels, AgreeOnEveryPairOfCharacters) {
  Bytes bytes;
  for (unsigned bits = 0; bits < 4096; ++bits) {
    for (const unsigned word : {bits << 12 | (4095 - bits), bits}) {
      for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(word >> shift));
    }
  }
  expect_same_encoding(bytes);
  expect_same_decoding(as_bytes(test::plain_base64(bytes)));
}

TEST_P(Base64Kernels, AgreeAtEveryAlignment) {
  const Bytes bytes = random_bytes(3 * 50);
  const std::string text = test::plain_base64(bytes);
  for (std::size_t shift = 0; shift < 64; ++shift) {
    Bytes shifted(shift + text.size());
    std::ranges::copy(text, shifted.begin() + static_cast<std::ptrdiff_t>(shift));
    Bytes made(64 + bytes.size(), 0xa5);
    ASSERT_EQ(kernel().decode_quanta(shifted.data() + shift, 50, made.data() + (63 - shift)), 50U);
    ASSERT_TRUE(std::equal(bytes.begin(), bytes.end(), made.data() + (63 - shift)));
    ASSERT_EQ(std::ranges::count(made, 0xa5) - std::ranges::count(bytes, 0xa5), 64);
    kernel().encode_quanta(made.data() + (63 - shift), 50, shifted.data() + shift);
    ASSERT_TRUE(
        std::equal(text.begin(), text.end(), shifted.begin() + static_cast<std::ptrdiff_t>(shift)));
  }
}

TEST_P(Base64Kernels, AgreeOnLinesOfEveryLengthAndEnding) {
  constexpr std::size_t kLines = 5;
  for (std::size_t quanta = 1; quanta <= 40; ++quanta) {
    for (const std::string_view ending : kEndings) {
      const Base64Lines lines = make_lines(quanta, ending);
      const Bytes bytes = random_bytes(kLines * 3 * quanta, static_cast<unsigned>(quanta));
      const std::string text = test::base64_lines(bytes, 4 * quanta, ending);
      expect_same_lines(as_bytes(text), kLines, lines);
      std::uint8_t* const made = made_.make(text.size());
      kernel().encode_lines(from_.put(bytes), kLines, lines, made);
      ASSERT_EQ(as_text(ByteView(made, text.size())), text);
      ASSERT_TRUE(made_.untouched_before(made));
    }
  }
}

TEST_P(Base64Kernels, AgreeOnBrokenLines) {
  constexpr std::size_t kLines = 3;
  constexpr std::string_view kForeign = "=\r\n -_\x80\xc1\xff";
  for (const std::size_t quanta : {1U, 2U, 7U, 8U, 15U, 16U, 17U, 19U, 33U}) {
    for (const std::string_view ending : {"\n", "\r\n", " \t \t\r\n"}) {
      const Base64Lines lines = make_lines(quanta, ending);
      const std::string text =
          test::base64_lines(random_bytes(kLines * 3 * quanta), 4 * quanta, ending);
      for (std::size_t at = 0; at < text.size(); ++at) {
        for (const char foreign : kForeign) {
          std::string broken = text;
          broken[at] = foreign;
          expect_same_lines(as_bytes(broken), kLines, lines);
          ASSERT_FALSE(HasFatalFailure()) << quanta << " quanta, byte " << +foreign << " at " << at;
        }
      }
    }
  }
}

TEST(Base64KernelTable, EndsInScalarAndFallsByTier) {
  EXPECT_EQ(base64_kernels().back(), &kBase64Scalar);
  EXPECT_TRUE(std::ranges::is_sorted(base64_kernels(), std::ranges::greater{},
                                     [](const Base64Kernel* kernel) { return kernel->tier; }));
  EXPECT_LE(best_base64_kernel().tier, cpu_tier());
}

}  // namespace
}  // namespace letterpress::mail
