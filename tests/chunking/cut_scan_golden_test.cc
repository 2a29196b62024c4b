// SPDX-License-Identifier: Apache-2.0
// The cuts of generated inputs are those of the oracle, which was written from docs/FORMAT.md
// alone.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "chunking/cut_scan.h"
#include "chunking/generated_input.h"

namespace letterpress::chunking {
namespace {

std::string lengths_text(ByteView bytes, const CutParams& params) {
  std::string lengths;
  while (!bytes.empty()) {
    const std::size_t length = next_cut(bytes.data(), bytes.size(), params);
    if (length == 0) return lengths + " 0!";
    lengths += ' ';
    lengths += std::to_string(length);
    bytes = bytes.subspan(length);
  }
  return lengths;
}

TEST(CutScanGolden, CutsAreThoseOfTheOracle) {
  std::ifstream golden(std::string(LETTERPRESS_GOLDEN_DIR) + "/cut_points.txt");
  int case_count = 0;
  for (std::string line; std::getline(golden, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t equals = line.find(" =");
    ASSERT_NE(equals, std::string::npos) << line;
    CutParams params;
    std::string input;
    std::istringstream(line.substr(0, equals)) >> params.chunk_bytes_min >>
        params.chunk_bytes_avg >> params.chunk_bytes_max >> input;
    ASSERT_TRUE(validate(params)) << line;
    EXPECT_EQ(lengths_text(test::generated_input(input), params), line.substr(equals + 2))
        << line.substr(0, equals);
    ++case_count;
  }
  EXPECT_GE(case_count, 28);
}

}  // namespace
}  // namespace letterpress::chunking
