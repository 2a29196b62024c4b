// SPDX-License-Identifier: Apache-2.0
// Many BLAKE3 nodes (leaves or parents) side by side: one node in each lane of the CPU's vectors.
//
// Two parts: kernels, one for each CPU tier, which compress the next blocks of all lanes at once;
// and run_nodes(), which fills the lanes with nodes of any number of inputs, whatever their
// lengths. Pure functions, no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu.h"

namespace letterpress::hashing {

inline constexpr std::size_t kLanesMax = 32;

// The state of all lanes, transposed: a row is one word of every lane.
struct Lanes {
  alignas(64) std::uint32_t value[8][kLanesMax];  // chaining values
  alignas(64) std::uint32_t counter_low[kLanesMax];
  alignas(64) std::uint32_t counter_high[kLanesMax];
  alignas(64) std::uint32_t flags[kLanesMax];        // of every block
  alignas(64) std::uint32_t flags_first[kLanesMax];  // more flags of the call's first block
  alignas(64) std::uint32_t flags_last[kLanesMax];   // more flags of the call's last block
  alignas(64) std::uint32_t
      bytes_last[kLanesMax];                  // bytes in the call's last block; others have 64
  const std::uint8_t* blocks[kLanesMax];      // the call's blocks but the last, 64 bytes each
  const std::uint8_t* block_last[kLanesMax];  // the call's last block, zeros after its bytes
  const std::uint8_t* ahead[kLanesMax];  // fetched meanwhile, as many blocks; need not be valid
};

// Compresses block_count >= 1 blocks in the first lanes. All their pointers are valid, also those
// of lanes whose results nobody wants.
using CompressLanes = void (*)(Lanes& lanes, std::size_t block_count) noexcept;

struct LanesKernel {
  CpuTier tier;  // what the CPU must have
  std::size_t lane_count;
  // With this many nodes or fewer left, one after the other through compress() is faster.
  std::size_t one_by_one_max;
  CompressLanes compress;  // of lane_count lanes
  std::size_t row_count;   // more lanes, at most kLanesMax, which the CPU computes at once faster
  CompressLanes compress_row;  // of row_count lanes
};

// A leaf or a parent.
struct Node {
  const std::uint8_t* bytes;  // up to 1,024
  std::uint8_t* value;        // gets the 32 bytes of the node's chaining value
  std::uint64_t counter;
  std::uint32_t byte_count;
  std::uint32_t flags;        // of every block
  std::uint32_t flags_first;  // more flags of the first block
  std::uint32_t flags_last;   // more flags of the last block
};

// Computes all nodes from the key (32 bytes; the initial value where there is none). None has more
// blocks than the one before it: that keeps the lanes full. Values may not
// lie over bytes of the call, but for this: if no node has more than 64 bytes, a node's value may
// lie over its own bytes and over those of nodes before it.
void run_nodes(const LanesKernel& kernel, const std::uint8_t* key,
               std::span<const Node> nodes) noexcept;

// The kernels of this build, the preferred first; the last is the scalar one, which every CPU runs.
std::span<const LanesKernel> lanes_kernels() noexcept;

// The first of them that this CPU can run. Thread-safe.
const LanesKernel& best_lanes_kernel() noexcept;

}  // namespace letterpress::hashing
