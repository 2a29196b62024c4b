// SPDX-License-Identifier: Apache-2.0
// mailgen: a store of realistic mail from a seed, and hostile mail. See docs/MAILGEN.md.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>

#include "failure.h"
#include "history.h"
#include "hostile/hostile_store.h"
#include "state_file.h"
#include "store.h"

namespace mailgen {
namespace {

constexpr const char* kExamples =
    "\nExamples:\n"
    "  mailgen --seed 7 --size 200M --layout maildir --out /tmp/mail      a Maildir store of about "
    "200 MB\n"
    "  mailgen --evolve 1 --out /tmp/mail                                 the same store one day "
    "later\n"
    "  mailgen --seed 7 --size 2G --layout mbox --out /tmp/boxes --stats  mbox files, and what is "
    "in them\n"
    "  mailgen --hostile --scale medium --out /tmp/hostile                every hostile shape, 16 "
    "MiB each\n"
    "  mailgen --hostile --shape nesting.message --size 100M --out -      one of them, to a pipe\n"
    "\nThe same seed, size and layout give the same bytes, names and dates on any machine.\n"
    "Sizes take K, M or G (1000, not 1024). DIR.mailgen-state beside DIR keeps what --evolve "
    "needs.\n"
    "Exit codes: 0 done; 2 wrong usage; 3 failed, the store may be partial.";

struct Options {
  std::optional<std::uint64_t> seed;
  std::optional<std::string> size;
  std::optional<std::string> layout;
  std::optional<double> rate;
  std::optional<std::string> shape;
  std::optional<std::string> scale;
  std::string out;
  bool hostile = false;
  bool list_shapes = false;
  std::uint32_t evolve = 0;
  bool stats = false;
  bool json = false;
};

std::uint64_t parse_size(const std::string& text) {
  std::size_t used = 0;
  std::uint64_t value = 0;
  while (used < text.size() && text[used] >= '0' && text[used] <= '9' &&
         value < 1'000'000'000'000'000U) {
    value = value * 10 + static_cast<std::uint64_t>(text[used++] - '0');
  }
  std::uint64_t unit = 1;
  if (used > 0 && used + 1 == text.size()) {
    const std::size_t suffix = std::string_view("KMG").find(static_cast<char>(text[used] & ~0x20));
    if (suffix != std::string_view::npos) {
      for (std::size_t step = 0; step <= suffix; ++step) unit *= 1'000;
      ++used;
    }
  }
  const std::uint64_t bytes = value * unit;
  if (used == 0 || used != text.size())
    stop(kExitUsage, fmt::format("--size '{}' is not a number with K, M or G", text));
  if (bytes < 50'000 || value > 100'000'000'000'000U / unit)
    stop(kExitUsage, "--size must be from 50K to 100000G");
  return bytes;
}

std::unique_ptr<Store> open_store(const std::string& layout, const std::string& out) {
  return layout == "mbox" ? make_mbox_store(out) : make_maildir_store(out);
}

State plan_new(const Options& options) {
  if (!options.seed || !options.size || !options.layout) {
    stop(kExitUsage, "a new store takes --seed, --size, --layout and --out; see --help");
  }
  std::error_code ignored;
  if (std::filesystem::exists(options.out, ignored) &&
      !std::filesystem::is_empty(options.out, ignored)) {
    stop(kExitUsage,
         fmt::format("{} is not empty; name a new directory, or use --evolve N", options.out));
  }
  State state;
  state.plan.seed = *options.seed;
  state.plan.bytes = parse_size(*options.size);
  if (options.rate)
    state.plan.daily_basis_points = static_cast<std::uint32_t>(*options.rate * 100 + 0.5);
  state.layout = *options.layout;
  return state;
}

State plan_evolve(const Options& options) {
  const auto state = read_state(options.out);
  if (!state) {
    stop(kExitUsage,
         fmt::format("--evolve: there is no {}; make the store first", state_path(options.out)));
  }
  if (!std::filesystem::is_directory(options.out)) {
    stop(kExitUsage, fmt::format("--evolve: there is no directory {}", options.out));
  }
  if (state->busy)
    stop(kExitFailed,
         fmt::format("{} was left half-made; remove it and make it again", options.out));
  const auto other = [&](const char* name) {
    stop(kExitUsage,
         fmt::format("--{} is not what {} was made with; leave it out", name, options.out));
  };
  if (options.seed && *options.seed != state->plan.seed) other("seed");
  if (options.size && parse_size(*options.size) != state->plan.bytes) other("size");
  if (options.layout && *options.layout != state->layout) other("layout");
  if (options.rate) other("rate");
  return *state;
}

void run_hostile(const Options& options) {
  if (options.seed || options.layout || options.rate || options.evolve > 0 || options.stats ||
      options.json) {
    stop(kExitUsage, "--hostile takes --shape, --scale or --size, and --out");
  }
  if (options.size && options.scale)
    stop(kExitUsage, "--hostile takes --scale or --size, not both");
  HostileOptions hostile;
  if (options.shape) hostile.shape = *options.shape;
  if (options.scale) hostile.scale = *options.scale;
  if (options.size) hostile.bytes = parse_size(*options.size);
  hostile.out = options.out;
  write_hostile(hostile);
}

void run(const Options& options) {
  if (options.list_shapes) return list_shapes();
  if (options.out.empty()) stop(kExitUsage, "--out is required; see --help");
  if (options.hostile) return run_hostile(options);
  if (options.shape || options.scale) stop(kExitUsage, "--shape and --scale are of --hostile");
  const bool evolve = options.evolve > 0;
  State state = evolve ? plan_evolve(options) : plan_new(options);
  const auto store = open_store(state.layout, options.out);
  History history(state.plan);
  if (evolve) {
    history.begin(nullptr);
    history.live(state.day, nullptr);
  } else {
    make_directories(options.out);
  }
  state.busy = true;
  write_state(options.out, state);
  if (evolve) {
    history.live(options.evolve, store.get());
  } else {
    history.begin(store.get());
  }
  state.day = history.day();
  state.busy = false;
  write_state(options.out, state);
  const auto mailboxes = static_cast<std::int64_t>(history.mailboxes().size());
  if (options.json) fmt::print("{}", history.ledger().json(mailboxes, history.day()));
  if (options.stats) fmt::print("{}", history.ledger().table(mailboxes, history.day()));
}

}  // namespace
}  // namespace mailgen

int main(int argc, char** argv) {
  mailgen::Options options;
  CLI::App app("Makes a store of realistic mail, for tests and benchmarks.");
  app.footer(mailgen::kExamples);
  app.add_option("--seed", options.seed, "Number that everything follows from");
  app.add_option("--size", options.size,
                 "Bytes of all messages together, as 10M or 2G (hit within 5 % from 10M on)");
  app.add_option("--layout", options.layout, "maildir (Maildir++ as Dovecot keeps it) or mbox")
      ->check(CLI::IsMember({"maildir", "mbox"}));
  app.add_option("--out", options.out, "Directory of the store; new or empty unless --evolve");
  app.add_option("--evolve", options.evolve,
                 "Make the store in --out N days older: new mail, deletions, moves, flags")
      ->check(CLI::Range(1, 3650));
  app.add_option("--rate", options.rate,
                 "New mail a day, in percent of --size (default 1.5); kept for --evolve")
      ->check(CLI::Range(0.0, 100.0));
  app.add_flag("--hostile", options.hostile,
               "Make hostile mail, a file for each shape, and no store");
  app.add_option("--shape", options.shape, "The one shape to make, by its name");
  app.add_option("--scale", options.scale,
                 "Size of each shape: small 256 KiB, medium 16 MiB, large 128 MiB (1 GiB of those "
                 "that are one line); default small")
      ->check(CLI::IsMember({"small", "medium", "large"}));
  app.add_flag("--list-shapes", options.list_shapes, "Print the shapes' names and what they are");
  app.add_flag("--stats", options.stats, "Print counts of everything that was delivered");
  app.add_flag("--json", options.json, "The same as JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : mailgen::kExitUsage;
  }
  while (options.out.size() > 1 && options.out.back() == '/') options.out.pop_back();
  try {
    mailgen::run(options);
  } catch (const std::exception& error) {
    mailgen::stop(mailgen::kExitFailed, error.what());
  }
  return 0;
}
