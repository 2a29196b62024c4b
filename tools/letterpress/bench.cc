// SPDX-License-Identifier: Apache-2.0
// Kernels, the hot path, and a whole backup and restore on this machine. The whole runs are those
// of this program, started as a user would start it.
#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "pipeline/press.h"
#include "tools/letterpress/bench_kernels.h"
#include "tools/letterpress/commands.h"

namespace letterpress::cli {
namespace {

constexpr std::uint64_t kHeldBytesMax = 512 * kMiB;
constexpr const char* kMadeSize = "256M";

struct BenchArguments {
  std::string mail;
  std::string work;
};

struct WholeRun {
  std::string name;
  double seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t peak_bytes = 0;
};

// A folder of its own, removed at the end.
class WorkFolder {
 public:
  static Result<WorkFolder> make(const std::string& parent) {
    std::string path = parent + "/letterpress-bench.XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return io_error(errno, path);
    return WorkFolder(std::move(path));
  }
  WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~WorkFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  explicit WorkFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

Result<WholeRun> run_program(std::string name, const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const auto begin = std::chrono::steady_clock::now();
  const int error = ::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return io_error(error, words[0]);
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) return io_error(errno, words[0]);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Error(ErrorCode::kIo, name + " failed (above)");
  }
  return WholeRun{std::move(name),
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
                  seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
                  static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
}

Result<std::string> this_program() {
  std::error_code error;
  const std::string path = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error) return Error(ErrorCode::kIo, "/proc/self/exe: " + error.message());
  return path;
}

Status make_mail(const std::string& program, const std::string& out) {
  const std::string mailgen = program.substr(0, program.rfind('/')) + "/mailgen";
  if (::access(mailgen.c_str(), X_OK) != 0) {
    return Error(ErrorCode::kNotFound,
                 mailgen + ": is not there to make mail; name a folder of mail instead");
  }
  const auto made = run_program("mailgen", {mailgen, "--seed", "1", "--size", kMadeSize, "--layout",
                                            "maildir", "--out", out});
  return made ? Status(Ok{}) : Status(made.error().copy());
}

// Pressing what the index knows already: split, decode, check, cut, hash, look up. If the files are
// `known`: one digest of each segment, and no more.
Result<double> hot_path_seconds(std::vector<HeldFile>& mail, index::ChunkIndex& index,
                                unsigned threads, bool known) {
  pipeline::PressOptions options;
  options.threads = threads;
  options.form = pipeline::RecipeForm::kStored;
  std::optional<Error> failure;
  const double seconds = median_seconds([&] {
    HeldSource source(mail, known);
    HeldSink sink(mail);
    auto report = pipeline::press(source, index, options, sink);
    if (!report) failure = std::move(report).error();
  });
  if (failure) return std::move(*failure);
  return seconds;
}

Result<std::vector<WholeRun>> measure_whole(const std::string& program, const WorkFolder& work,
                                            const std::string& mail) {
  const std::string vault = work / "vault";
  const std::string keys = work / "keys";
  const std::vector<std::string> backup = {
      program,   "-q",          "backup", vault, mail, "--key", keys + "/ingest.key",
      "--state", work / "state"};
  std::vector<std::string> read_all = backup;
  read_all.emplace_back("--read-all");
  LETTERPRESS_TRY(run_program("init", {program, "-q", "init", vault, "--keys", keys}));
  std::vector<WholeRun> runs;
  const auto add = [&](const char* name, const std::vector<std::string>& words) -> Status {
    LETTERPRESS_TRY_ASSIGN(WholeRun run, run_program(name, words));
    runs.push_back(std::move(run));
    return Ok{};
  };
  LETTERPRESS_TRY(add("first backup", backup));
  LETTERPRESS_TRY(add("same again", backup));
  LETTERPRESS_TRY(add("same again, all read", read_all));
  LETTERPRESS_TRY(add("restore", {program, "-q", "restore", vault, "--to", work / "restored",
                                  "--key", keys + "/recovery.key"}));
  return runs;
}

struct HotPath {
  unsigned threads;
  double split_bytes_per_second;  // nothing is known of the files but their chunks
  double known_bytes_per_second;
};

struct BenchResult {
  std::uint64_t file_count = 0;
  std::uint64_t bytes = 0;
  std::vector<KernelSpeed> kernels;
  std::vector<HotPath> hot_path;
  std::vector<WholeRun> whole;
};

Result<BenchResult> measure(const BenchArguments& arguments, const ProgramOptions& common,
                            Console& console) {
  LETTERPRESS_TRY_ASSIGN(const std::string program, this_program());
  LETTERPRESS_TRY_ASSIGN(const WorkFolder work, WorkFolder::make(arguments.work));
  std::string folder = arguments.mail;
  if (folder.empty()) {
    folder = work / "mail";
    console.note(fmt::format("Making {} of mail in {}", kMadeSize, folder));
    LETTERPRESS_TRY(make_mail(program, folder));
    // A backup does not trust the times of files that are as young as itself.
    std::this_thread::sleep_for(std::chrono::seconds(3));
  }
  BenchResult result;
  // First: the peak of a program includes what the one had that started it.
  console.note("Measuring a backup and a restore");
  LETTERPRESS_TRY_ASSIGN(result.whole, measure_whole(program, work, folder));
  LETTERPRESS_TRY_ASSIGN(std::vector<HeldFile> mail, hold_files(folder, kHeldBytesMax));
  result.file_count = mail.size();
  for (const HeldFile& file : mail) result.bytes += file.bytes.size();
  console.note("Measuring kernels");
  result.kernels = measure_kernels(mail);
  console.note("Measuring the hot path");
  index::ChunkIndex index;
  LETTERPRESS_TRY(hot_path_seconds(mail, index, common.threads, false));  // fills the index
  const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
  for (unsigned threads = 1; threads <= processors; threads *= 2) {
    LETTERPRESS_TRY_ASSIGN(const double split, hot_path_seconds(mail, index, threads, false));
    LETTERPRESS_TRY_ASSIGN(const double known, hot_path_seconds(mail, index, threads, true));
    const auto bytes = static_cast<double>(result.bytes);
    result.hot_path.push_back({threads, bytes / split, bytes / known});
  }
  return result;
}

nlohmann::json json_of(const BenchResult& result) {
  nlohmann::json kernels = nlohmann::json::array();
  for (const KernelSpeed& speed : result.kernels) {
    kernels.push_back({{"kernel", speed.kernel},
                       {"tier", cpu_tier_name(speed.tier)},
                       {"bytes_per_second", speed.bytes_per_second}});
  }
  nlohmann::json hot_path = nlohmann::json::array();
  for (const HotPath& path : result.hot_path) {
    hot_path.push_back({{"threads", path.threads},
                        {"bytes_per_second", path.split_bytes_per_second},
                        {"known_bytes_per_second", path.known_bytes_per_second}});
  }
  nlohmann::json whole = nlohmann::json::array();
  for (const WholeRun& run : result.whole) {
    whole.push_back({{"run", run.name},
                     {"seconds", run.seconds},
                     {"cpu_seconds", run.cpu_seconds},
                     {"peak_bytes", run.peak_bytes}});
  }
  return {{"files", result.file_count},
          {"bytes", result.bytes},
          {"kernels", kernels},
          {"hot_path", hot_path},
          {"whole", whole}};
}

std::string text_of(const BenchResult& result) {
  std::string text = fmt::format("{} files, {}; medians of 5; GB/s of 10^9 bytes\n\n",
                                 result.file_count, format_bytes(result.bytes));
  text += fmt::format("{:<28} {:>8} {:>10}\n", "KERNEL, one thread", "TIER", "GB/s");
  for (const KernelSpeed& speed : result.kernels) {
    text += fmt::format("{:<28} {:>8} {:>10.2f}\n", speed.kernel, cpu_tier_name(speed.tier),
                        speed.bytes_per_second * 1e-9);
  }
  text += fmt::format("\n{:<28} {:>8} {:>10}\n", "HOT PATH, all known", "THREADS", "GB/s");
  for (const HotPath& path : result.hot_path) {
    text += fmt::format("{:<28} {:>8} {:>10.2f}\n", "split to look-up", path.threads,
                        path.split_bytes_per_second * 1e-9);
    text += fmt::format("{:<28} {:>8} {:>10.2f}\n", "segments known by digest", path.threads,
                        path.known_bytes_per_second * 1e-9);
  }
  text += fmt::format("\n{:<28} {:>8} {:>10} {:>14} {:>10}\n", "WHOLE RUN", "SECONDS", "CPU",
                      "MB/CPU SECOND", "PEAK");
  for (const WholeRun& run : result.whole) {
    text += fmt::format("{:<28} {:>8.2f} {:>10.2f} {:>14.0f} {:>10}\n", run.name, run.seconds,
                        run.cpu_seconds, static_cast<double>(result.bytes) * 1e-6 / run.cpu_seconds,
                        format_bytes(run.peak_bytes));
  }
  return text;
}

ExitCode run_bench(const BenchArguments& arguments, const ProgramOptions& common,
                   Console& console) {
  const Result<BenchResult> result = measure(arguments, common, console);
  if (!result) return console.fail(result.error());
  console.result(json_of(*result), text_of(*result));
  return kDone;
}

std::string temporary_folder() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

}  // namespace

Command add_bench(CLI::App& program, const ProgramOptions& common) {
  CLI::App* app =
      program.add_subcommand("bench", "Measure this machine: kernels, hot path, backup");
  auto arguments = std::make_shared<BenchArguments>();
  arguments->work = temporary_folder();
  app->add_option("MAIL", arguments->mail, "Folder of mail (default: some is made)");
  app->add_option("--work", arguments->work, "Folder for a vault that is removed at the end")
      ->capture_default_str();
  app->footer(
      "Takes about a minute. The hot path is all that happens to mail whose chunks are known "
      "already,\n"
      "in memory: split, undo base64, check, cut, hash, look up. The writer's state of a backup "
      "also\n"
      "has a digest of each segment: then that is all that is computed. Of more than 512 MiB of "
      "mail,\n"
      "kernels and hot path see a part.\n\n"
      "Examples:\n"
      "  letterpress bench\n"
      "  letterpress bench /srv/mail --work /dev/shm --json\n"
      "  letterpress bench --cpu-tier scalar");
  return {app, [arguments, &common](Console& console) {
            return run_bench(*arguments, common, console);
          }};
}

}  // namespace letterpress::cli
