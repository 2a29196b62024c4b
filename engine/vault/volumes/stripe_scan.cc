// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/stripe_scan.h"

#include <algorithm>

#include "vault/sealing/sealed_check.h"
#include "vault/volumes/member_spares.h"

namespace letterpress::vault {

namespace {

constexpr std::size_t kRowsAtOnce = 16;

}  // namespace

StripeScan::StripeScan(const VolumeSet& set, const StripeCode& code, std::uint64_t stripe,
                       VolumeMask without)
    : set_(set),
      code_(code),
      stripe_(stripe),
      without_(without),
      member_count_(set.manifest.counts.all()),
      bytes_(set.manifest.stripe_bytes(stripe)),
      buffers_(member_count_),
      states_(member_count_) {}

void StripeScan::begin() {
  has_begun_ = true;
  tags_ = set_.read_tags(stripe_, without_);
  for (unsigned member = 0; member < member_count_; ++member) {
    sources_.push_back(set_.locate_member(stripe_, member, without_));
    bool is_trusted = member >= set_.manifest.counts.data;
    if (const VolumeFile* pack = set_.manifest.pack(stripe_, member); !tags_ && pack != nullptr) {
      is_trusted = false;
      if (sources_.back() != nullptr) {
        const Result<FileDigest> digest = digest_file(*sources_.back(), pack->path);
        is_trusted = digest && digest->bytes == pack->bytes && digest->sha256 == pack->sha256;
      }
    }
    trusted_.push_back(is_trusted);
  }
}

Result<bool> StripeScan::next() {
  if (has_begun_) offset_ += rows_ * kPieceBytes;
  if (!has_begun_) begin();
  if (offset_ >= bytes_) return false;
  rows_ = std::min(kRowsAtOnce, pieces_of(bytes_ - offset_));
  for (unsigned member = 0; member < member_count_; ++member) load(member);
  LETTERPRESS_TRY(solve());
  return true;
}

std::size_t StripeScan::used_bytes(unsigned member) const noexcept {
  const std::uint64_t length = set_.manifest.member_bytes(stripe_, member);
  if (length <= offset_) return 0;
  return static_cast<std::size_t>(std::min<std::uint64_t>(length - offset_, rows_ * kPieceBytes));
}

ByteView StripeScan::member(unsigned member) const noexcept {
  return ByteView(buffers_[member]).first(used_bytes(member));
}

// How many bytes of the buffer were read, those before them too; what could not be read is zeros.
std::size_t StripeScan::read_rows(unsigned member, std::size_t used) {
  const Storage& source = *sources_[member];
  const std::string path = set_.manifest.member_path(stripe_, member);
  const std::span<std::uint8_t> buffer = std::span(buffers_[member]).first(used);
  if (const Result<std::size_t> read = source.read_into(path, offset_, buffer); read) {
    std::ranges::fill(buffer.subspan(*read), std::uint8_t{0});
    return *read;
  }
  // A disk that cannot give all of it may give most of it.
  std::size_t got = 0;
  std::ranges::fill(buffer, std::uint8_t{0});
  for (std::size_t begin = 0; begin < used; begin += kPieceBytes) {
    const Result<std::size_t> piece = source.read_into(
        path, offset_ + begin, buffer.subspan(begin, std::min(kPieceBytes, used - begin)));
    if (piece) got = begin + *piece;
  }
  return got;
}

void StripeScan::load(unsigned member) {
  const std::size_t used = used_bytes(member);
  const std::size_t used_rows = pieces_of(used);
  UnsetBytes& buffer = buffers_[member];
  std::vector<PieceState>& states = states_[member];
  states.assign(rows_, PieceState::kGood);  // behind the end of a member: zeros
  std::fill_n(states.begin(), used_rows, PieceState::kLost);
  buffer.resize(rows_ * kPieceBytes);
  std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(used), buffer.end(), std::uint8_t{0});
  // What is lost as a whole is written by solve_rows().
  if (used == 0 || sources_[member] == nullptr) return;
  const std::size_t got = read_rows(member, used);
  if (!tags_) {
    if (trusted_[member] && got == used) {
      std::fill_n(states.begin(), used_rows, PieceState::kGood);
    }
    return;
  }
  const std::vector<PieceTag> found = tags_of(ByteView(buffer).first(used));
  const auto first = static_cast<std::size_t>(offset_ / kPieceBytes);
  for (std::size_t row = 0; row < used_rows; ++row) {
    // Zeros in the place of what could not be read would have the tag of zeros.
    const bool is_read = got >= std::min(used, (row + 1) * kPieceBytes);
    if (is_read && found[row] == tags_->members[member][first + row]) {
      states[row] = PieceState::kGood;
    }
  }
}

VolumeMask StripeScan::bad_members(std::size_t row) const noexcept {
  VolumeMask bad = 0;
  for (unsigned member = 0; member < member_count_; ++member) {
    if (states_[member][row] == PieceState::kLost) bad |= VolumeMask{1} << member;
  }
  return bad;
}

Status StripeScan::solve() {
  for (std::size_t first = 0; first < rows_;) {
    const VolumeMask bad = bad_members(first);
    std::size_t end = first + 1;
    while (end < rows_ && bad_members(end) == bad) ++end;
    bool is_solved = true;
    if (bad != 0) {
      LETTERPRESS_TRY_ASSIGN(is_solved, solve_rows(first, end, bad));
    }
    for (std::size_t row = first; row < end && !is_solved && tags_; ++row) {
      mend(row);
      if (const VolumeMask left = bad_members(row); left != 0) {
        LETTERPRESS_TRY(solve_rows(row, row + 1, left));
      }
    }
    first = end;
  }
  return Ok{};
}

void StripeScan::mend(std::size_t row) {
  for (unsigned member = 0; member < member_count_; ++member) {
    if (states_[member][row] == PieceState::kLost && sources_[member] != nullptr &&
        mend_piece(member, row)) {
      states_[member][row] = PieceState::kRebuilt;
    }
  }
}

bool StripeScan::mend_piece(unsigned member, std::size_t row) {
  const SpareShape shape = spare_shape(set_.manifest.member_bytes(stripe_, member));
  const auto read = [&](const std::string& path, std::size_t number, std::uint64_t file_bytes,
                        const PieceTag& tag) -> std::optional<Bytes> {
    const std::uint64_t begin = std::uint64_t{number} * kPieceBytes;
    const Result<Bytes> bytes = sources_[member]->read(
        path, begin, std::min<std::uint64_t>(kPieceBytes, file_bytes - begin));
    if (!bytes || bytes->empty() || tags_of(*bytes).front() != tag) return std::nullopt;
    return *bytes;
  };
  SpareSource source{set_.manifest.member_bytes(stripe_, member), {}, {}};
  source.piece = [&](std::size_t number) {
    return read(set_.manifest.member_path(stripe_, member), number, source.member_bytes,
                tags_->members[member][number]);
  };
  source.spare = [&](std::size_t number) {
    return read(spare_path(stripe_, member), number, shape.file_bytes(),
                tags_->spares[member][number]);
  };
  const auto number = static_cast<std::size_t>(offset_ / kPieceBytes) + row;
  const std::optional<Bytes> made = rebuild_piece(source, number);
  if (!made || tags_of(*made).front() != tags_->members[member][number]) return false;
  const auto to = buffers_[member].begin() + static_cast<std::ptrdiff_t>(row * kPieceBytes);
  std::ranges::copy(*made, to);
  return true;
}

Result<bool> StripeScan::solve_rows(std::size_t first, std::size_t end, VolumeMask bad) {
  std::vector<unsigned> sources;
  std::vector<unsigned> targets;
  std::vector<const std::uint8_t*> from;
  std::vector<std::uint8_t*> to;
  for (unsigned member = 0; member < member_count_; ++member) {
    std::uint8_t* const at = buffers_[member].data() + first * kPieceBytes;
    if ((bad >> member & 1U) != 0) {
      targets.push_back(member);
      to.push_back(at);
    } else if (sources.size() < code_.counts().data) {
      sources.push_back(member);
      from.push_back(at);
    }
  }
  if (sources.size() < code_.counts().data) {
    for (std::uint8_t* const at : to) std::fill_n(at, (end - first) * kPieceBytes, std::uint8_t{0});
    return false;
  }
  LETTERPRESS_TRY_ASSIGN(const Recovery recovery, code_.recover(sources, targets));
  recovery.run(from, to, (end - first) * kPieceBytes);
  for (const unsigned target : targets) check_rebuilt(target, first, end);
  return true;
}

void StripeScan::check_rebuilt(unsigned member, std::size_t first, std::size_t end) {
  const std::size_t used = used_bytes(member);
  for (std::size_t row = first; row < end && row * kPieceBytes < used; ++row) {
    const std::size_t begin = row * kPieceBytes;
    const std::size_t count = std::min(kPieceBytes, used - begin);
    const ByteView piece = ByteView(buffers_[member]).subspan(begin, count);
    const auto number = static_cast<std::size_t>(offset_ / kPieceBytes) + row;
    if (!tags_ || tags_of(piece).front() == tags_->members[member][number]) {
      states_[member][row] = PieceState::kRebuilt;
    } else {
      std::fill_n(buffers_[member].begin() + static_cast<std::ptrdiff_t>(begin), count,
                  std::uint8_t{0});
    }
  }
}

}  // namespace letterpress::vault
