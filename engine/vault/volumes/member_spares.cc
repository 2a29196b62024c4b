// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/member_spares.h"

#include <algorithm>

namespace letterpress::vault {

namespace {

// Part of the format.
constexpr unsigned kGroupPieces = 32;
constexpr std::size_t kSmallMemberPieces = 16;

StripeCode code_of(const SpareShape& shape) {
  return StripeCode::make_spare({kGroupPieces, static_cast<unsigned>(shape.per_group)});
}

}  // namespace

SpareShape spare_shape(std::uint64_t member_bytes) noexcept {
  SpareShape shape;
  if (member_bytes == 0) return shape;
  shape.pieces = static_cast<std::size_t>((member_bytes + kPieceBytes - 1) / kPieceBytes);
  shape.groups = (shape.pieces + kGroupPieces - 1) / kGroupPieces;
  shape.per_group = shape.pieces > kSmallMemberPieces ? 2 : 1;
  shape.piece_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(member_bytes, kPieceBytes));
  return shape;
}

SpareMaker::SpareMaker(std::uint64_t member_bytes)
    : shape_(spare_shape(member_bytes)), code_(code_of(shape_)), spares_(shape_.file_bytes()) {}

void SpareMaker::add(ByteView pieces) {
  std::vector<std::uint8_t*> to(shape_.per_group);
  for (; !pieces.empty(); ++next_) {
    const ByteView piece = pieces.first(std::min(pieces.size(), kPieceBytes));
    for (std::size_t i = 0; i < to.size(); ++i) {
      const std::size_t spare = next_ % shape_.groups * shape_.per_group + i;
      to[i] = spares_.data() + spare * shape_.piece_bytes;
    }
    code_.add(static_cast<unsigned>(next_ / shape_.groups), piece, to);
    pieces = pieces.subspan(piece.size());
  }
}

std::optional<Bytes> rebuild_piece(const SpareSource& source, std::size_t piece) {
  const SpareShape shape = spare_shape(source.member_bytes);
  const std::size_t group = piece % shape.groups;
  std::vector<Bytes> kept;
  std::vector<unsigned> sources;
  // Places of the group that no piece has are zeros.
  for (unsigned place = 0; place < kGroupPieces; ++place) {
    const std::size_t number = place * shape.groups + group;
    if (number == piece) continue;
    std::optional<Bytes> bytes = Bytes();
    if (number < shape.pieces) bytes = source.piece(number);
    if (!bytes) continue;
    bytes->resize(shape.piece_bytes);
    kept.push_back(*std::move(bytes));
    sources.push_back(place);
  }
  for (unsigned i = 0; i < shape.per_group && sources.size() < kGroupPieces; ++i) {
    std::optional<Bytes> bytes = source.spare(group * shape.per_group + i);
    if (!bytes || bytes->size() != shape.piece_bytes) continue;
    kept.push_back(*std::move(bytes));
    sources.push_back(kGroupPieces + i);
  }
  if (sources.size() < kGroupPieces) return std::nullopt;
  const Result<Recovery> recovery =
      code_of(shape).recover(sources, {static_cast<unsigned>(piece / shape.groups)});
  if (!recovery) return std::nullopt;
  std::vector<const std::uint8_t*> from;
  for (const Bytes& bytes : kept) from.push_back(bytes.data());
  Bytes made(shape.piece_bytes);
  std::uint8_t* const to[] = {made.data()};
  recovery->run(from, to, made.size());
  const std::uint64_t begin = std::uint64_t{piece} * kPieceBytes;
  made.resize(
      static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, source.member_bytes - begin)));
  return made;
}

}  // namespace letterpress::vault
