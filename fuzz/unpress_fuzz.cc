// SPDX-License-Identifier: Apache-2.0
// Brings a hostile stream, whose checksums are right, back to files.
// Invariants: nothing is made outside the destination, whatever entries, links and moves say; it
// ends; every problem has a message.
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>

#include "files/unpress.h"
#include "fuzz_input.h"
#include "made_frames.h"
#include "require.h"
#include "working_folder.h"

namespace {

namespace files = letterpress::files;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::File;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;
using letterpress::fuzz::take;

// What one input may bring back.
constexpr std::uint64_t kBytesMax = 1 << 20;
constexpr std::size_t kProblemsMax = 1000;

void unpress(ByteView stream, const std::filesystem::path& folder) {
  const std::filesystem::path beside = folder / "beside";
  std::filesystem::create_directory(beside);
  File input(::memfd_create("stream", MFD_CLOEXEC), "STREAM");
  take(input.write(stream));
  require(::lseek(input.descriptor(), 0, SEEK_SET) == 0);
  std::atomic<bool> cancel = false;
  files::UnpressOptions options;
  options.to = folder / "out";
  options.cancel = &cancel;
  std::size_t problems = 0;
  options.on_problem = [&](const letterpress::stream::Problem& problem) {
    require(!problem.message.empty());
    if (++problems > kProblemsMax) cancel = true;
  };
  options.on_progress = [&](std::uint64_t, std::uint64_t raw_bytes) {
    if (raw_bytes > kBytesMax) cancel = true;
  };
  const auto report = files::unpress(input, options);
  require(std::filesystem::is_empty(beside));
  for (const auto& found : std::filesystem::directory_iterator(folder)) {
    require(found.path().filename() == "out" || found.path() == beside);
  }
  if (succeeds(report)) require(report->damaged + report->unmade <= problems);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes stream = letterpress::fuzz::sealed_frames({data, size});
  unpress(stream, letterpress::fuzz::empty_folder());
  return 0;
}
