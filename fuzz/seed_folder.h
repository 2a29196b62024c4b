// SPDX-License-Identifier: Apache-2.0
// Where make_seeds writes: OUT/TARGET/NUMBER.
//
//   SeedFolder seeds("build/release/fuzz/seeds");
//   seeds.add("recipe", SeedInput(recipe).number(0, 255));    // as the target takes its numbers
//
// Names are numbers, because what makes a seed new is what is in it.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "require.h"

namespace letterpress::fuzz {

// The inverse of FuzzInput: what gives these bytes and these numbers.
class SeedInput {
 public:
  explicit SeedInput(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}

  // In the order in which the target takes them, with the same `largest`.
  SeedInput& number(std::uint64_t value, std::uint64_t largest) {
    Bytes low_first;
    for (std::uint64_t left = largest; left > 0; left >>= 8) {
      low_first.push_back(static_cast<std::uint8_t>(value));
      value >>= 8;
    }
    numbers_.insert(numbers_.begin(), low_first.begin(), low_first.end());
    return *this;
  }
  Bytes bytes() const {
    Bytes all = bytes_;
    append(all, numbers_);
    return all;
  }

 private:
  Bytes bytes_;
  Bytes numbers_;  // the first one taken is the last
};

class SeedFolder {
 public:
  explicit SeedFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::remove_all(folder_);
  }

  void add(const std::string& target, const SeedInput& input) {
    const std::filesystem::path folder = folder_ / target;
    std::filesystem::create_directories(folder);
    std::ofstream out(folder / std::to_string(counts_[target]++), std::ios::binary);
    const Bytes bytes = input.bytes();
    for (const std::uint8_t byte : bytes) out.put(static_cast<char>(byte));
    require(out.good());
  }
  std::size_t count(const std::string& target) { return counts_[target]; }

 private:
  std::filesystem::path folder_;
  std::map<std::string, std::size_t> counts_;
};

// Each in its own file.
void add_mail_seeds(SeedFolder& seeds);
void add_stream_seeds(SeedFolder& seeds);
void add_vault_seeds(SeedFolder& seeds);
void add_text_seeds(SeedFolder& seeds);

}  // namespace letterpress::fuzz
