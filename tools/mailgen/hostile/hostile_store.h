// SPDX-License-Identifier: Apache-2.0
/// Hostile mail as files: one for each shape, named by it.
///
///     write_hostile({.shape = "lines.one-body", .bytes = 1 << 20, .out = "/tmp/mail"});
#pragma once

#include <cstdint>
#include <string>

namespace mailgen {

struct HostileOptions {
  std::string shape;            // all of them if this is empty
  std::string scale = "small";  // small, medium or large
  std::uint64_t bytes = 0;      // instead of the scale's
  std::string out;              // a directory, or - for standard output, which takes one shape
};

/// Stops the program if a shape is not known or a file cannot be written.
void write_hostile(const HostileOptions& options);

/// Name, extension and what it is, one shape a line, to standard output.
void list_shapes();

}  // namespace mailgen
