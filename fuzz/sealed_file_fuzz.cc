// SPDX-License-Identifier: Apache-2.0
// Sealed files whose heads are signed by a writer of the vault and claim anything, over any
// records; and heads of any bytes. Invariants: a head that is taken has values that its limits
// allow; no claim makes a reader ask for more memory than the file has; check_sealed() and the
// readers end; a payload that is given has the length that it says; without a change to a sealed
// file there is no damage.
#include <algorithm>

#include "damage.h"
#include "made_vault.h"
#include "vault/limits.h"
#include "vault/sealing/sealed_check.h"

namespace {

namespace vault = letterpress::vault;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;

const std::string kPath = "packs/any";

vault::FileType chosen_type(FuzzInput& input) {
  return static_cast<vault::FileType>(input.from_to(1, 3));
}

// A good file, and its head exchanged for one that says something else.
Bytes claiming(FuzzInput& input, Bytes file, const vault::SealLabel& label) {
  vault::SealHead head =
      letterpress::fuzz::take(vault::open_head(file, letterpress::fuzz::made_keys(), "FILE"));
  const std::uint32_t head_bytes = head.head_bytes;
  if (input.flag()) head.record_count = static_cast<std::uint32_t>(input.up_to(UINT32_MAX));
  if (input.flag()) head.record_bytes = input.flag() ? 65536 : 4096;
  if (input.flag()) head.head_bytes = input.flag() ? 4096 : 512;
  if (input.flag()) head.label.number = input.up_to(UINT64_MAX);
  if (input.flag()) head.label.count = static_cast<std::uint32_t>(input.up_to(UINT32_MAX));
  if (input.flag()) head.label.replaces_last = input.up_to(UINT64_MAX);
  if (input.flag()) head.label.type = chosen_type(input);
  if (input.flag()) head.salt.bytes.fill(7);
  head.method = vault::method_of(head.label.type);
  const vault::SealChance chance = letterpress::fuzz::chance_of(1);
  const bool is_pack = label.type == vault::FileType::kPack && head.head_bytes == 4096;
  const Bytes encoded =
      vault::encode_head(head, letterpress::fuzz::made_key(),
                         is_pack ? std::span<const vault::ReaderSlot>(chance.slots)
                                 : std::span<const vault::ReaderSlot>());
  if (file.size() < 2 * std::size_t{head_bytes}) return file;
  file.erase(file.begin(), file.begin() + head_bytes);
  file.resize(file.size() - head_bytes);
  file.insert(file.begin(), encoded.begin(), encoded.end());
  append(file, encoded);
  return file;
}

void check_reading(const vault::MemoryStorage& storage, vault::FileType type) {
  const vault::Keyring keys = letterpress::fuzz::made_keys();
  const std::uint64_t file_bytes = storage.files.at(kPath).size();
  const auto check = vault::check_sealed(storage, kPath, keys, {.type = type});
  if (succeeds(check) && check->head) {
    const vault::SealHead& head = *check->head;
    require(head.label.type == type && head.record_count > 0);
    require(head.capacity_bytes() <=
            vault::kSealedPayloadBytesMax + 2 * std::uint64_t{head.record_bytes});
  }
  const auto reader = vault::SealedReader::open(storage, kPath, keys, {.type = type});
  if (!succeeds(reader)) return;
  const auto payload_bytes = reader->payload_bytes();
  if (!succeeds(payload_bytes)) return;
  const auto all = reader->read_all(file_bytes);
  if (succeeds(all)) require(all->size() == *payload_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const auto mode = input.up_to(2);
  const vault::FileType type = chosen_type(input);
  letterpress::fuzz::MadeVault made;
  if (mode == 0) {
    made.put(kPath, input.rest());
    check_reading(made.storage, type);
    return 0;
  }
  const auto label = letterpress::fuzz::MadeVault::label_of(type, input.up_to(9), 3);
  Bytes payload(input.size_up_to(70'000), 'p');
  Bytes file = letterpress::fuzz::MadeVault::sealed(label, payload, 1);
  const Bytes sound = file;
  if (mode == 1) file = claiming(input, std::move(file), label);
  letterpress::fuzz::damage(input, file);
  made.put(kPath, file);
  if (file == sound) {
    const auto check = letterpress::fuzz::take(
        vault::check_sealed(made.storage, kPath, letterpress::fuzz::made_keys(), {.type = type}));
    require(check.damage.empty() && check.head);
  }
  check_reading(made.storage, type);
  return 0;
}
