// SPDX-License-Identifier: Apache-2.0
#include "hostile/hostile_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "failure.h"
#include "hostile/pattern.h"
#include "hostile/shape.h"
#include "store.h"

namespace mailgen {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

std::uint64_t bytes_of(const Shape& shape, const HostileOptions& options) {
  if (options.bytes != 0) return options.bytes;
  if (options.scale == "small") return kMiB / 4;
  if (options.scale == "medium") return 16 * kMiB;
  return shape.is_one_line ? 1024 * kMiB : 128 * kMiB;
}

void write_to(int file_descriptor, const Shape& shape, const HostileOptions& options) {
  PatternText out(file_descriptor);
  write_shape(shape, bytes_of(shape, options), out);
  out.flush();
}

void make_file(const Shape& shape, const HostileOptions& options) {
  const std::string path = fmt::format("{}/{}.{}", options.out, shape.name, shape.extension);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) stop_errno("create", path);
  write_to(file, shape, options);
  if (::close(file) != 0) stop_errno("write", path);
}

}  // namespace

void write_hostile(const HostileOptions& options) {
  const bool to_stdout = options.out == "-";
  if (to_stdout && options.shape.empty()) stop(kExitUsage, "--out - takes one shape: --shape NAME");
  std::vector<Shape> wanted = hostile_shapes();
  std::erase_if(wanted, [&](const Shape& shape) {
    return !options.shape.empty() && shape.name != options.shape;
  });
  if (wanted.empty()) {
    stop(kExitUsage, fmt::format("no shape '{}'; --list-shapes has them all", options.shape));
  }
  if (to_stdout) return write_to(STDOUT_FILENO, wanted.front(), options);
  make_directories(options.out);
  for (const Shape& shape : wanted) make_file(shape, options);
}

void list_shapes() {
  for (const Shape& shape : hostile_shapes()) {
    fmt::print("{:<36} {:<5} {}\n", shape.name, shape.extension, shape.what);
  }
}

}  // namespace mailgen
