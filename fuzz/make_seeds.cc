// SPDX-License-Identifier: Apache-2.0
// Writes the seeds of the fuzz targets: what the engine makes of small mails that were written for
// this, and bytes by chance for the targets that make up everything themselves.
//
//   make_seeds OUT          OUT is emptied before; the same files each time
#include <cstdio>

#include "seed_folder.h"

namespace letterpress::fuzz {
namespace {

// Their inputs are choices and nothing else.
constexpr const char* kMadeUp[] = {
    "base64_codec", "blake3_lanes", "block_decode",  "capi_sequence", "content_ref",
    "cut_points",   "index_model",  "made_mail",     "recipe",        "restic_reader",
    "salvage",      "sealed_file",  "snapshot_tree", "store_export",  "stream_round_trip",
    "stripe_code",  "tar",          "tar_export",    "vault_capi",    "vault_round_trip",
    "volumes",      "canary"};

Bytes bytes_by_chance(std::size_t count, std::uint64_t seed) {
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<std::uint8_t>(seed >> 56);
  }
  return bytes;
}

void add_made_up_seeds(SeedFolder& seeds) {
  for (const char* target : kMadeUp) {
    std::uint64_t seed = 1;
    for (const std::size_t count : {0U, 1U, 8U, 30U, 100U, 300U, 300U, 1000U, 1000U, 4000U}) {
      seeds.add(target, SeedInput(bytes_by_chance(count, seed++)));
    }
  }
}

}  // namespace
}  // namespace letterpress::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("make_seeds OUT\n", stderr);
    return 2;
  }
  letterpress::fuzz::SeedFolder seeds(argv[1]);
  letterpress::fuzz::add_made_up_seeds(seeds);
  letterpress::fuzz::add_mail_seeds(seeds);
  letterpress::fuzz::add_stream_seeds(seeds);
  letterpress::fuzz::add_vault_seeds(seeds);
  letterpress::fuzz::add_text_seeds(seeds);
  return 0;
}
