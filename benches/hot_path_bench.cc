// SPDX-License-Identifier: Apache-2.0
// Bytes of mail a second from end to end, in memory, for mail whose chunks are known already.
//
//   mailgen --seed 1 --size 256M --layout maildir --out /dev/shm/mail
//   hot_path_bench --mail=/dev/shm/mail
//
//   Memcpy                       all files, one after the other
//   Digest                       BLAKE3 of each file: the least that a check of content costs
//   Split/THREADS                split, undo base64, check, cut, hash, look up
//   Copied/THREADS               the same from a source that has to be read
//   Known/THREADS                segments that the same source gave before: digest and no more
//   Read, Cut, Place             the stages of Split by themselves, on one thread
//
// THREADS: 1, 2, ... up to the processors. Times are wall time. Of more than 512 MiB a part is
// used.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

#include "base/limits.h"
#include "hashing/blake3.h"
#include "pipeline/batch_cutter.h"
#include "pipeline/batcher.h"
#include "pipeline/placer.h"
#include "pipeline/press.h"
#include "tools/letterpress/bench_mail.h"

namespace letterpress::cli {
namespace {

constexpr std::uint64_t kHeldBytesMax = 512 * kMiB;

std::uint64_t bytes_of(const std::vector<HeldFile>& mail) {
  std::uint64_t bytes = 0;
  for (const HeldFile& file : mail) bytes += file.bytes.size();
  return bytes;
}

void count_bytes(benchmark::State& state, const std::vector<HeldFile>& mail) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes_of(mail)) * state.iterations());
}

void bench_memcpy(benchmark::State& state, const std::vector<HeldFile>& mail) {
  Bytes to(bytes_of(mail));
  for (auto _ : state) {
    std::uint8_t* at = to.data();
    for (const HeldFile& file : mail) {
      std::memcpy(at, file.bytes.data(), file.bytes.size());
      at += file.bytes.size();
    }
    benchmark::ClobberMemory();
  }
  count_bytes(state, mail);
}

void bench_digest(benchmark::State& state, const std::vector<HeldFile>& mail) {
  const std::vector<ByteView> views = [&] {
    std::vector<ByteView> of;
    for (const HeldFile& file : mail) of.emplace_back(file.bytes);
    return of;
  }();
  std::vector<ChunkId> ids(views.size());
  for (auto _ : state) {
    hashing::hash_many(views, nullptr, ids.data());
    benchmark::DoNotOptimize(ids.data());
  }
  count_bytes(state, mail);
}

enum class Way : std::uint8_t { kSplit, kCopied, kKnown };

bool press_once(std::vector<HeldFile>& mail, index::ChunkIndex& index, unsigned threads, Way way) {
  pipeline::PressOptions options;
  options.threads = threads;
  options.form = pipeline::RecipeForm::kStored;
  HeldSource source(mail, way == Way::kKnown, way != Way::kCopied);
  HeldSink sink(mail);
  return pipeline::press(source, index, options, sink).has_value();
}

void bench_press(benchmark::State& state, std::vector<HeldFile>& mail, index::ChunkIndex& index,
                 Way way) {
  for (auto _ : state) {
    if (!press_once(mail, index, static_cast<unsigned>(state.range(0)), way)) {
      state.SkipWithError("press() failed");
    }
  }
  count_bytes(state, mail);
}

enum class Stage : std::uint8_t { kRead, kCut, kPlace };

// Batches as press() makes them; only what happens in the named stage is timed.
void bench_stage(benchmark::State& state, std::vector<HeldFile>& mail, index::ChunkIndex& index,
                 Stage stage) {
  pipeline::PlacerOptions options;
  options.form = pipeline::RecipeForm::kStored;
  pipeline::BatchCutter cutter(chunking::CutParams{}, pipeline::HashKeys{});
  // As many as the pipeline has in flight on one thread: the caches see as much.
  pipeline::Batch batches[3];
  const auto timed = [&](Stage one, auto work) {
    if (one == stage) state.ResumeTiming();
    work();
    if (one == stage) state.PauseTiming();
  };
  for (auto _ : state) {
    state.PauseTiming();
    HeldSource source(mail, false);
    pipeline::Batcher batcher(source, chunking::CutParams{}, nullptr);
    pipeline::Placer placer(index, options);
    bool has_more = true;
    for (std::size_t i = 0; has_more; ++i) {
      pipeline::Batch& batch = batches[i % std::size(batches)];
      batch.clear();
      timed(Stage::kRead, [&] {
        const Result<bool> more = batcher.next(batch);
        has_more = more.has_value() && *more;
      });
      timed(Stage::kCut, [&] { cutter.cut(batch); });
      timed(Stage::kPlace, [&] { benchmark::DoNotOptimize(placer.place(batch)); });
    }
    state.ResumeTiming();
  }
  count_bytes(state, mail);
}

int run(std::vector<HeldFile>& mail) {
  index::ChunkIndex index;
  if (!press_once(mail, index, 0, Way::kSplit)) return 1;
  benchmark::AddCustomContext(
      "mail", std::to_string(mail.size()) + " files, " + std::to_string(bytes_of(mail)) + " bytes");
  const auto add = [](const std::string& name, auto work) {
    return benchmark::RegisterBenchmark(name.c_str(), work)->UseRealTime();
  };
  add("Memcpy", [&](auto& state) { bench_memcpy(state, mail); });
  add("Digest", [&](auto& state) { bench_digest(state, mail); });
  for (unsigned threads = 1; threads <= std::max(1U, std::thread::hardware_concurrency());
       ++threads) {
    add("Split", [&](auto& state) { bench_press(state, mail, index, Way::kSplit); })->Arg(threads);
    add("Copied", [&](auto& state) {
      bench_press(state, mail, index, Way::kCopied);
    })->Arg(threads);
    add("Known", [&](auto& state) { bench_press(state, mail, index, Way::kKnown); })->Arg(threads);
  }
  add("Read", [&](auto& state) { bench_stage(state, mail, index, Stage::kRead); });
  add("Cut", [&](auto& state) { bench_stage(state, mail, index, Stage::kCut); });
  add("Place", [&](auto& state) { bench_stage(state, mail, index, Stage::kPlace); });
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace letterpress::cli

int main(int argc, char** argv) {
  constexpr std::string_view kMail = "--mail=";
  benchmark::Initialize(&argc, argv);
  if (argc != 2 || !std::string_view(argv[1]).starts_with(kMail)) {
    std::fputs("usage: hot_path_bench --mail=FOLDER [--benchmark_...]\n", stderr);
    return 2;
  }
  auto mail = letterpress::cli::hold_files(argv[1] + kMail.size(), letterpress::cli::kHeldBytesMax);
  if (!mail) {
    std::fprintf(stderr, "hot_path_bench: %s\n", mail.error().message().c_str());
    return 1;
  }
  return letterpress::cli::run(*mail);
}
