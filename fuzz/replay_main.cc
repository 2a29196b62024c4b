// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target on files, and on all files below folders, under any compiler:
//
//   build/release/fuzz/recipe_fuzz fuzz/regressions/recipe build/release/fuzz/seeds/recipe
//
// Ends as the target ends, with the name of the file that it ended at. Exits 2 if there is none.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string file_in_work;

extern "C" void say_which_file(int signal) {
  std::fprintf(stderr, "%s: the target failed here\n", file_in_work.c_str());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::vector<std::string> files_of(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const auto& found : std::filesystem::recursive_directory_iterator(path)) {
    if (found.is_regular_file()) files.push_back(found.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool replay(const std::string& path) {
  file_in_work = path;
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in),
                                        std::istreambuf_iterator<char>()};
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  for (const int signal : {SIGABRT, SIGILL, SIGTRAP}) std::signal(signal, say_which_file);
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    for (const std::string& file : files_of(argv[i])) {
      if (!replay(file)) {
        std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
        return 2;
      }
      ++count;
    }
  }
  std::printf("%zu inputs replayed\n", count);
  return count > 0 ? 0 : 2;
}
