// SPDX-License-Identifier: Apache-2.0
// A raw image of a disk: sectors of sealed packs in any order, once or often, with other bytes
// between them.
// Invariants: the scan ends; a record that was found is, byte for byte, one of its pack; a pack
// that is whole in the image is found whole; what its blocks give is what was packed.
#include <fcntl.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "damage.h"
#include "made_vault.h"
#include "vault/packs/pack_reader.h"
#include "vault/packs/pack_writer.h"
#include "vault/salvage/pack_scan.h"
#include "vault/salvage/scattered_storage.h"
#include "working_folder.h"

namespace {

namespace stream = letterpress::stream;
namespace vault = letterpress::vault;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;
using letterpress::fuzz::take;

constexpr std::size_t kSector = vault::kSectorBytes;
constexpr std::size_t kImageBytesMax = 256 * 1024;

Bytes block_bytes(std::uint64_t number) {
  stream::Block block;
  block.number = number;
  block.payload.assign(3000 + 500 * static_cast<std::size_t>(number),
                       static_cast<std::uint8_t>('a' + number));
  block.lengths = {static_cast<std::uint32_t>(block.payload.size())};
  Bytes encoded;
  stream::encode_block(block, false, encoded);
  return encoded;
}

// Packs of three blocks each, as files.
const std::vector<Bytes>& pack_files() {
  static const std::vector<Bytes> all = [] {
    std::vector<Bytes> files;
    for (std::uint64_t pack = 0; pack < 3; ++pack) {
      letterpress::fuzz::MadeVault made;
      vault::PackWriter writer(letterpress::fuzz::made_key(),
                               letterpress::fuzz::chance_of(static_cast<std::uint8_t>(40 * pack)));
      for (std::uint64_t i = 0; i < 3; ++i) {
        take(writer.append(3 * pack + i, block_bytes(3 * pack + i)));
      }
      const vault::PackRef ref = take(writer.commit(made.storage));
      files.push_back(made.storage.files.at(vault::pack_path(ref.sha256)));
    }
    return files;
  }();
  return all;
}

struct Image {
  Bytes bytes;
  std::array<bool, 3> is_whole{};  // a pack lies in it in one piece
};

Image made_image(FuzzInput& input) {
  Image image;
  while (!input.is_empty() && image.bytes.size() < kImageBytesMax) {
    const std::size_t number = input.size_up_to(2);
    const Bytes& pack = pack_files()[number];
    const auto what = input.up_to(5);
    if (what == 0) {
      image.is_whole[number] = true;
      append(image.bytes, pack);
    } else if (what < 4) {
      const std::size_t sectors = pack.size() / kSector;
      const std::size_t from = input.size_up_to(sectors - 1);
      const std::size_t count = 1 + input.size_up_to(sectors - from - 1);
      Bytes piece(pack.begin() + static_cast<std::ptrdiff_t>(from * kSector),
                  pack.begin() + static_cast<std::ptrdiff_t>((from + count) * kSector));
      if (what == 3) letterpress::fuzz::damage(input, piece);
      append(image.bytes, piece);
    } else {
      append(image.bytes, input.take(600));
    }
    image.bytes.resize((image.bytes.size() + kSector - 1) / kSector * kSector);
  }
  return image;
}

const Bytes* file_of(const vault::ScatteredPack& pack) {
  const auto found = std::ranges::find_if(pack_files(), [&](const Bytes& file) {
    return std::search(file.begin(), file.begin() + 512, pack.head.salt.bytes.begin(),
                       pack.head.salt.bytes.end()) != file.begin() + 512;
  });
  return found == pack_files().end() ? nullptr : &*found;
}

void check_pack(const vault::PackScan& scan, const vault::ScatteredPack& pack,
                const vault::Keyring& keys) {
  const Bytes* const file = file_of(pack);
  require(file != nullptr);
  std::uint32_t found = 0;
  for (std::uint32_t number = 0; number < pack.records.size(); ++number) {
    const Bytes record = scan.read_record(pack, number);
    if (record.empty()) continue;
    ++found;
    const ByteView wanted =
        ByteView(*file).subspan(pack.head.record_offset(number), pack.head.record_bytes);
    require(std::ranges::equal(record, wanted));
  }
  require(found == pack.found_records);
  const vault::ScatteredStorage storage(scan);
  const vault::PackRef ref = vault::ScatteredStorage::ref_of(pack);
  const auto reader = vault::PackReader::open(storage, keys, ref.sha256);
  if (!succeeds(reader)) return;
  for (std::uint64_t i = 0; i < reader->block_count(); ++i) {
    const std::uint64_t number = reader->first_block() + i;
    const auto block = reader->read_block(number);
    if (succeeds(block)) require(*block == block_bytes(number));
    require(block || found < pack.records.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const Image image = made_image(input);
  vault::Images images;
  const std::string folder = letterpress::fuzz::empty_folder();
  letterpress::File file = take(letterpress::File::open(folder + "/image", O_RDWR | O_CREAT));
  take(file.write(image.bytes));
  take(images.add(folder + "/image"));
  const vault::Keyring keys = letterpress::fuzz::made_keys();
  const vault::PackScan scan = take(vault::PackScan::run(images, keys, {}));
  std::size_t whole = 0;
  for (const vault::ScatteredPack& pack : scan.packs()) {
    check_pack(scan, pack, keys);
    if (pack.found_records == pack.records.size()) ++whole;
  }
  require(whole >= static_cast<std::size_t>(std::ranges::count(image.is_whole, true)));
  return 0;
}
