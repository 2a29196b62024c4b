// SPDX-License-Identifier: Apache-2.0
// The small texts of volumes: manifest, label and seal, as any bytes and with a check line that is
// right; and the tags of a stripe of a manifest that was taken, with a hash that is right.
// Invariants: what is taken is encoded to what decodes to the same; counts and paths keep to their
// limits, and no path leads out of a volume; tags have as many pieces as the manifest says.
#include <algorithm>

#include "fuzz_input.h"
#include "hashing/blake3.h"
#include "letterpress/entry.h"
#include "made_text.h"
#include "require.h"
#include "vault/volumes/piece_tags.h"
#include "vault/volumes/volume_manifest.h"

namespace {

namespace vault = letterpress::vault;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;
using letterpress::fuzz::take;

void require_counts(vault::VolumeCounts counts) {
  require(counts.data >= 1 && counts.parity >= 1 && counts.all() <= vault::kVolumesMax &&
          counts.parity <= vault::kParityVolumesMax);
}

void check_tags(const vault::VolumeManifest& manifest, ByteView given) {
  const std::uint64_t stripes = manifest.stripe_count();
  if (stripes == 0) return;
  const std::size_t bytes = vault::tags_file_bytes(manifest, 0);
  if (bytes > 1 << 20) return;
  Bytes file(given.begin(), given.end());
  file.resize(bytes - sizeof(vault::PieceTag));
  const auto sum = letterpress::hashing::hash(file);
  append(file, ByteView(sum.bytes).first(sizeof(vault::PieceTag)));
  const auto tags = vault::decode_tags(file, manifest, 0, "TAGS");
  if (!succeeds(tags)) return;
  require(tags->members.size() == manifest.counts.all());
  require(vault::encode_tags(*tags) == file);
}

void check_manifest(ByteView text, ByteView tags) {
  const auto manifest = vault::decode_manifest(text, "SET");
  if (!succeeds(manifest)) return;
  require_counts(manifest->counts);
  for (const vault::VolumeFile& file : manifest->copies) {
    require(letterpress::is_valid_path(file.path) &&
            vault::kind_of_path(file.path) != vault::PathKind::kNone);
  }
  const std::string again = vault::encode_manifest(*manifest);
  require(take(vault::decode_manifest(letterpress::as_bytes(again), "SET")) == *manifest);
  for (std::uint64_t stripe = 0; stripe < manifest->stripe_count(); ++stripe) {
    for (unsigned member = 0; member < manifest->counts.all(); ++member) {
      const unsigned volume = manifest->volume_of(stripe, member);
      require(volume < manifest->counts.all() && manifest->member_on(stripe, volume) == member);
      require(manifest->member_bytes(stripe, member) <= manifest->stripe_bytes(stripe));
    }
  }
  check_tags(*manifest, tags);
}

void check_label(ByteView text) {
  const auto label = vault::decode_label(text, "LABEL");
  if (!succeeds(label)) return;
  require_counts(label->counts);
  require(label->number < label->counts.all());
  const std::string again = vault::encode_label(*label);
  require(take(vault::decode_label(letterpress::as_bytes(again), "LABEL")) == *label);
}

void check_seal(ByteView text) {
  const auto seal = vault::decode_seal(text, "SEAL");
  if (!succeeds(seal)) return;
  require(seal->without.size() <= vault::kParityVolumesMax);
  for (const unsigned volume : seal->without) require(volume < vault::kVolumesMax);
  const std::string again = vault::encode_seal(*seal);
  require(take(vault::decode_seal(letterpress::as_bytes(again), "SEAL")) == *seal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const bool is_raw = input.up_to(15) == 15;
  const std::size_t tag_bytes = input.size_up_to(255);
  Bytes tags;
  append(tags, input.take(tag_bytes));
  const ByteView given = input.rest();
  const Bytes text =
      is_raw ? Bytes(given.begin(), given.end()) : letterpress::fuzz::with_check_line(given);
  check_manifest(text, tags);
  check_label(text);
  check_seal(text);
  return 0;
}
