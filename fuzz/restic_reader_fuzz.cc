// SPDX-License-Identifier: Apache-2.0
// restic repositories that an enemy wrote who has the password, or damage: the texts of config,
// key, index, lock and snapshot are changed and sealed as they should be; files are changed, gone,
// or something else.
// Invariants: a repository opens, or there is an error with a text and every file is as it was; a
// key that wants much work is refused before it is done; what is added to a repository that opened
// comes back byte for byte through what was written with it, unless an index that was there claims
// to have it; nothing that was there is changed; the repository opens again, and has no lock of
// ours.
#include "made_repository.h"

namespace {

namespace fuzz = letterpress::fuzz;
namespace restic = letterpress::restic;
using fuzz::FuzzInput;
using fuzz::RepositoryFiles;
using fuzz::RepositoryJson;
using fuzz::require;
using fuzz::take;
using letterpress::append;
using letterpress::Bytes;

constexpr std::size_t kDepthMax = 100'000;
// Bytes that scrypt passes over: what one input may cost, and what nobody has to put up with.
constexpr std::uint64_t kCheapWorkBytes = std::uint64_t{4} << 20;
constexpr std::uint64_t kWorkBytesMax = std::uint64_t{4} << 30;

void collect(RepositoryJson& value, std::vector<RepositoryJson*>& values) {
  values.push_back(&value);
  if (!value.is_structured()) return;
  for (RepositoryJson& inner : value) collect(inner, values);
}

RepositoryJson other_value(FuzzInput& input) {
  switch (input.up_to(9)) {
    case 0:
      return nullptr;
    case 1:
      return input.flag();
    case 2:
      return -1 - static_cast<std::int64_t>(input.up_to(255));
    case 3:
      return input.up_to(UINT64_MAX);
    case 4:
      return 1ULL << input.up_to(63);
    case 5:
      return std::string(letterpress::as_text(input.take(input.size_up_to(70))));
    case 6:
      return std::string(64, static_cast<char>('0' + input.up_to(9)));
    case 7:
      return RepositoryJson::array({RepositoryJson::array({1}), RepositoryJson::object()});
    case 8:
      return RepositoryJson::object({{"id", 1}, {"packs", RepositoryJson::array()}});
    default:
      return "DEEP";
  }
}

// One value, or member, of what the text says.
void change_value(FuzzInput& input, std::string& text) {
  if (text.size() > 5000) return;
  RepositoryJson json = RepositoryJson::parse(text, nullptr, false);
  if (json.is_discarded()) return;
  std::vector<RepositoryJson*> values;
  collect(json, values);
  RepositoryJson& chosen = *values[input.size_up_to(values.size() - 1)];
  if (input.up_to(7) == 0 && chosen.is_structured() && !chosen.empty()) {
    const auto at = static_cast<std::ptrdiff_t>(input.size_up_to(chosen.size() - 1));
    chosen.erase(std::next(chosen.begin(), at));
  } else {
    chosen = other_value(input);
  }
  text = json.dump(-1, ' ', false, RepositoryJson::error_handler_t::replace);
  const std::size_t deep = text.find("\"DEEP\"");
  if (deep == text.npos) return;
  const std::size_t depth = input.size_up_to(kDepthMax);
  text.replace(deep, 6, std::string(depth, '[') + std::string(depth, ']'));
}

void change_text(FuzzInput& input, std::string& text) {
  const auto how = input.up_to(5);
  if (how == 0) {
    text = letterpress::as_text(input.take(input.size_up_to(4000)));
  } else if (how == 1) {
    Bytes bytes(text.begin(), text.end());
    fuzz::damage(input, bytes);
    text = letterpress::as_text(bytes);
  } else {
    change_value(input, text);
  }
}

void change_texts(FuzzInput& input, fuzz::RepositoryTexts& texts) {
  std::array<std::string*, 6> all = {&texts.index,     &texts.key,    &texts.lock,
                                     &texts.inner_key, &texts.config, &texts.snapshot};
  const auto count = input.up_to(3);
  for (std::uint64_t i = 0; i < count; ++i) change_text(input, *all[input.up_to(all.size() - 1)]);
}

std::uint64_t work_bytes(const std::string& key_text) {
  const auto key = nlohmann::json::parse(key_text, nullptr, false);
  std::uint64_t work = 128;
  for (const char* name : {"N", "r", "p"}) {
    if (!key.is_object() || !key.contains(name) || !key[name].is_number_unsigned()) return 0;
    const auto factor = key[name].get<std::uint64_t>();
    if (factor == 0) return 0;
    if (__builtin_mul_overflow(work, factor, &work)) return UINT64_MAX;
  }
  return work;
}

// Below its seal, or in its place. Nothing if no file was chosen.
void change_file(FuzzInput& input, const RepositoryFiles& files, const std::string& folder) {
  const auto chosen =
      std::next(files.begin(), static_cast<std::ptrdiff_t>(input.size_up_to(files.size() - 1)));
  const std::string path = folder + "/" + chosen->first;
  std::filesystem::remove(path);
  const auto what = input.up_to(5);
  if (what == 0) return;
  if (what == 1) {
    std::filesystem::create_directory(path);
  } else if (what == 2) {
    require(::mkfifo(path.c_str(), 0600) == 0);
  } else if (what == 3) {
    std::filesystem::create_symlink("nowhere", path);
  } else {
    Bytes bytes = chosen->second;
    fuzz::damage(input, bytes);
    fuzz::write_files({{chosen->first, bytes}}, folder);
  }
}

std::vector<fuzz::MadeEntry> new_entries(FuzzInput& input) {
  // The same as in the repository, and what it cannot have.
  std::vector<fuzz::MadeEntry> entries = fuzz::made_repository().entries;
  Bytes fresh(100, 'f');
  append(fresh, input.take(input.size_up_to(3000)));
  entries.push_back({{.path = "m/4"}, std::move(fresh)});
  entries.push_back({{.path = "m/5"}, {}});
  return entries;
}

void check_back(restic::Repository& repository, const std::string& snapshot,
                const RepositoryFiles& before, const std::vector<fuzz::MadeEntry>& entries) {
  fuzz::RepositoryReader reader(repository.folder(), repository.key());
  const RepositoryFiles after = fuzz::files_in(repository.folder().path());
  for (const auto& [name, bytes] : before) {
    require(after.contains(name) && after.at(name) == bytes);
  }
  for (const auto& [name, bytes] : after) {
    if (!name.starts_with("index/") || name.size() != 6 + 64) continue;
    if (before.contains(name)) {
      reader.add_claims(name);
    } else {
      reader.add_index(name);
    }
  }
  const auto contents = reader.read("snapshots/" + snapshot);
  for (const fuzz::MadeEntry& made : entries) {
    if (made.entry.metadata.type != letterpress::EntryType::kFile) continue;
    const auto found = contents.find(made.entry.path);
    require(found != contents.end() || !reader.is_whole());
    if (found != contents.end() && found->second) require(*found->second == made.bytes);
  }
}

void add_and_check(FuzzInput& input, restic::Repository& repository, const RepositoryFiles& before,
                   const std::string& spool_folder) {
  const std::vector<fuzz::MadeEntry> entries = new_entries(input);
  const auto report = take(fuzz::add_entries(repository, entries, spool_folder));
  require(report.entries == entries.size() && report.problems == 0);
  check_back(repository, report.id, before, entries);
}

std::size_t locks_in(const RepositoryFiles& files) {
  return static_cast<std::size_t>(std::ranges::count_if(
      files, [](const auto& file) { return file.first.starts_with("locks/"); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const fuzz::MadeRepository& made = fuzz::made_repository();
  fuzz::RepositoryTexts texts = made.texts;
  const bool is_compressed = input.flag();
  const bool changes_file = input.up_to(7) == 7;
  change_texts(input, texts);
  if (texts.inner_key != made.texts.inner_key) texts.key = made.key_around(texts.inner_key);
  const std::uint64_t work = work_bytes(texts.key);
  if (work > kCheapWorkBytes && work <= kWorkBytesMax) return 0;
  const std::string& folder = fuzz::empty_folder();
  const std::string path = folder + "/repository";
  const RepositoryFiles files = made.with(texts, is_compressed);
  fuzz::write_files(files, path);
  if (changes_file) change_file(input, files, path);
  const RepositoryFiles before = fuzz::files_in(path);
  auto opened = restic::Repository::open(fuzz::repository_options(path));
  if (!fuzz::succeeds(opened)) {
    require(fuzz::files_in(path) == before);
    return 0;
  }
  require(work <= kCheapWorkBytes);
  add_and_check(input, **opened, before, folder);
  opened->reset();
  require(locks_in(fuzz::files_in(path)) == locks_in(before));
  static_cast<void>(take(restic::Repository::open(fuzz::repository_options(path))));
  return 0;
}
