// SPDX-License-Identifier: Apache-2.0
// A source with names, links, owners and times of any kind, whose files are longer or shorter than
// it said, fail while they are read, or get other names meanwhile; written as a tar archive.
// Invariants: a reader of POSIX.1-2017's pax format finds right checksums, zeros where they must
// be, and each entry as the source gave it, in its order; what is missing, cut off or zero was
// reported; no hard link names what is not there; folders come again at the end only, and the same;
// an error of the source is the archive's; pieces of any sizes give the same archive.
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include "exports/tar/tar_stream.h"
#include "fuzz_input.h"
#include "require.h"
#include "tar_reader.h"

namespace {

namespace exports = letterpress::exports;
namespace stream = letterpress::stream;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Error;
using letterpress::ErrorCode;
using letterpress::Ok;
using letterpress::Result;
using letterpress::Status;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;
using letterpress::fuzz::TarMember;
using stream::EntryType;

constexpr std::uint64_t kLargeBytesMin = (1 << 20) + 1;  // of these the header goes out first

// How a file differs from what was said of it.
struct Script {
  stream::Entry entry;
  std::uint64_t size_bytes = 0;
  std::uint64_t hint_bytes = 0;
  std::optional<std::uint64_t> fails_at;
  bool has_changed = false;
  bool stands_alone = false;
  std::optional<std::string> moves_to;  // behind it
};

std::uint8_t byte_at(std::uint64_t offset) {
  return static_cast<std::uint8_t>(1 + offset * 31 % 251);  // never 0
}

class ScriptContent final : public stream::Content {
 public:
  explicit ScriptContent(const Script& script) : script_(script) {}
  bool stands_alone() const override { return script_.stands_alone; }
  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    std::size_t count = 0;
    for (; count < into.size() && at_ < script_.size_bytes; ++count) {
      if (script_.fails_at == at_) return Error(ErrorCode::kIo, "the disk said no");
      into[count] = byte_at(at_++);
    }
    if (count < into.size() && script_.fails_at && *script_.fails_at >= script_.size_bytes) {
      return Error(ErrorCode::kIo, "the disk said no");
    }
    return count;
  }
  Status finish() override {
    if (script_.has_changed) return Error(ErrorCode::kIo, "was rewritten meanwhile");
    return Ok{};
  }

 private:
  const Script& script_;
  std::uint64_t at_ = 0;
};

class ScriptSource final : public stream::Source {
 public:
  ScriptSource(const std::vector<Script>& scripts, bool fails) : scripts_(scripts), fails_(fails) {}
  Result<std::optional<stream::SourceEvent>> next() override {
    if (moved_) {
      stream::SourceEvent event = *std::exchange(moved_, std::nullopt);
      return std::optional<stream::SourceEvent>(std::move(event));
    }
    if (at_ == scripts_.size()) {
      if (fails_) return Error(ErrorCode::kIo, "the source broke");
      return std::optional<stream::SourceEvent>();
    }
    const Script& script = scripts_[at_++];
    if (script.moves_to) moved_ = stream::Moved{script.entry.path, *script.moves_to};
    stream::SourceEntry event;
    event.entry = script.entry;
    event.size_hint_bytes = script.hint_bytes;
    if (script.entry.metadata.type == EntryType::kFile) {
      event.content = std::make_unique<ScriptContent>(script);
    }
    return std::optional<stream::SourceEvent>(std::move(event));
  }

 private:
  const std::vector<Script>& scripts_;
  const bool fails_;
  std::size_t at_ = 0;
  std::optional<stream::Moved> moved_;
};

std::string made_name(FuzzInput& input) {
  std::string name(letterpress::as_text(input.take(input.size_up_to(40))));
  if (input.up_to(7) == 0) name.append(input.size_up_to(300), input.flag() ? 'x' : '\xc3');
  for (char& c : name) {
    if (c == '/' || c == '\0') c = '=';
  }
  if (name.empty() || name == "." || name == "..") name = "n";
  return name;
}

std::uint64_t made_size(FuzzInput& input) {
  if (input.up_to(31) == 0) return kLargeBytesMin + input.up_to(1 << 21);
  return input.up_to(3) == 0 ? 512 * input.up_to(8) : input.up_to(5000);
}

void make_file(FuzzInput& input, Script& script) {
  script.size_bytes = made_size(input);
  script.hint_bytes = input.up_to(3) == 0 ? made_size(input) : script.size_bytes;
  if (input.up_to(7) == 0) {
    script.fails_at = input.flag() ? input.up_to(script.size_bytes) : script.size_bytes;
  }
  script.has_changed = input.up_to(15) == 0;
  script.stands_alone = input.flag();
}

std::vector<Script> made_scripts(FuzzInput& input) {
  std::vector<Script> scripts;
  std::vector<std::string> folders = {""};
  std::set<std::string> paths;
  std::vector<std::string> files;
  const auto count = input.from_to(1, 12);
  for (std::uint64_t i = 0; i < count; ++i) {
    Script script;
    stream::Metadata& metadata = script.entry.metadata;
    const std::string& folder = folders[input.size_up_to(folders.size() - 1)];
    script.entry.path = (folder.empty() ? "" : folder + "/") + made_name(input);
    if (!paths.insert(script.entry.path).second) continue;
    require(letterpress::is_valid_path(script.entry.path));
    metadata.mode = static_cast<std::uint32_t>(input.up_to(07777));
    metadata.user_id = static_cast<std::uint32_t>(input.up_to(UINT32_MAX));
    metadata.group_id = static_cast<std::uint32_t>(input.up_to(9999));
    metadata.mtime_ns = static_cast<std::int64_t>(input.up_to(UINT64_MAX));
    if (input.flag()) metadata.mtime_ns -= metadata.mtime_ns % 1'000'000'000;
    const auto what = input.up_to(7);
    if (what == 0) {
      metadata.type = EntryType::kFolder;
      folders.push_back(script.entry.path);
    } else if (what == 1) {
      metadata.type = EntryType::kSymlink;
      metadata.target = made_name(input);
    } else if (what == 2 && !files.empty()) {
      metadata.type = EntryType::kHardLink;
      metadata.target = files[input.size_up_to(files.size() - 1)];
    } else {
      make_file(input, script);
      files.push_back(script.entry.path);
      std::string to = "moved-" + std::to_string(i);
      if (input.up_to(15) == 0 && paths.insert(to).second) {
        files.back() = to;
        script.moves_to = std::move(to);
      }
    }
    scripts.push_back(std::move(script));
  }
  return scripts;
}

struct Written {
  Bytes bytes;
  std::optional<std::string> error;
  std::map<std::string, std::size_t> failed;  // path -> how often
  exports::TarTotals totals;
};

Written write(const std::vector<Script>& scripts, bool fails, std::size_t piece_bytes,
              unsigned threads) {
  Written written;
  ScriptSource source(scripts, fails);
  exports::TarOptions options;
  options.threads = threads;
  options.on_problem = [&](const stream::Problem& problem) {
    require(!problem.message.empty());
    if (problem.severity == stream::Problem::Severity::kFailed) ++written.failed[problem.path];
  };
  exports::TarStream tar(source, options);
  Bytes piece(piece_bytes);
  while (true) {
    const auto got = tar.read(piece);
    if (!letterpress::fuzz::succeeds(got)) {
      written.error = got.error().message();
      break;
    }
    letterpress::append(written.bytes, ByteView(piece).first(*got));
    if (*got < piece.size()) break;
  }
  written.totals = tar.totals();
  return written;
}

void check_content(const Script& script, const TarMember& member, bool is_reported) {
  const bool is_large = script.hint_bytes >= kLargeBytesMin;
  require(member.content.size() == (is_large ? script.hint_bytes : script.size_bytes));
  std::size_t good = 0;
  while (good < member.content.size() && good < script.size_bytes &&
         member.content[good] == byte_at(good)) {
    ++good;
  }
  for (std::size_t i = good; i < member.content.size(); ++i) require(member.content[i] == 0);
  const bool is_as_now =
      good == script.size_bytes && good == member.content.size() && !script.has_changed;
  require(is_as_now || is_reported);
  // No more than the piece in which it broke is gone.
  const std::uint64_t there = std::min(script.size_bytes, script.fails_at.value_or(UINT64_MAX));
  require(good + (1 << 20) > std::min<std::uint64_t>(there, member.content.size()));
}

void check_member(const Script& script, const TarMember& member,
                  std::map<std::string, std::string>& names, const Written& written) {
  const stream::Metadata& metadata = script.entry.metadata;
  require(member.path == script.entry.path && member.type == metadata.type);
  require(member.mode == metadata.mode && member.user_id == metadata.user_id &&
          member.group_id == metadata.group_id && member.mtime_ns == metadata.mtime_ns);
  if (metadata.type == EntryType::kHardLink) {
    const auto ours = names.find(metadata.target);
    require(member.target == (ours == names.end() ? metadata.target : ours->second));
  } else {
    require(member.target == metadata.target);
  }
  if (metadata.type == EntryType::kFile) {
    check_content(script, member, written.failed.contains(member.path));
  } else {
    require(member.content.empty());
  }
}

void check_archive(const std::vector<Script>& scripts, const Written& written) {
  const std::vector<TarMember> members = letterpress::fuzz::read_tar(written.bytes);
  require(written.totals.archive_bytes == written.bytes.size());
  std::map<std::string, std::string> names;
  std::map<std::string, const Script*> folders;
  std::set<std::string> there;
  auto member = members.begin();
  for (const Script& script : scripts) {
    const std::string& path = script.entry.path;
    if (script.moves_to) names[*script.moves_to] = path;
    const bool is_there = member != members.end() && member->path == path;
    if (!is_there) {
      require(written.failed.contains(path));
      continue;
    }
    check_member(script, *member, names, written);
    if (member->type == EntryType::kFile) there.insert(path);
    if (member->type == EntryType::kHardLink) require(there.contains(member->target));
    if (member->type == EntryType::kFolder) folders[path] = &script;
    ++member;
  }
  require(written.totals.entries == static_cast<std::size_t>(member - members.begin()));
  for (; member != members.end(); ++member) {
    require(folders.contains(member->path));
    check_member(*folders[member->path], *member, names, written);
    folders.erase(member->path);
  }
}

// Nothing is left out that could be read.
void check_reports(const std::vector<Script>& scripts, const Written& written) {
  std::set<std::string> lost;
  std::map<std::string, std::string> names;
  for (const Script& script : scripts) {
    if (script.moves_to) names[*script.moves_to] = script.entry.path;
    const stream::Metadata& metadata = script.entry.metadata;
    const auto ours = names.find(metadata.target);
    const std::string& target = ours == names.end() ? metadata.target : ours->second;
    const bool is_odd = script.fails_at || script.has_changed ||
                        script.hint_bytes != script.size_bytes ||
                        (metadata.type == EntryType::kHardLink && lost.contains(target));
    if (script.fails_at) lost.insert(script.entry.path);
    require(is_odd || !written.failed.contains(script.entry.path));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const bool fails = input.up_to(15) == 0;
  const auto piece_bytes = static_cast<std::size_t>(input.from_to(1, 70'000));
  const bool has_threads = input.up_to(31) == 0;
  const std::vector<Script> scripts = made_scripts(input);
  const Written written = write(scripts, fails, 64 * 1024, 1);
  require(written.error.has_value() == fails);
  check_reports(scripts, written);
  if (fails) {
    require(*written.error == "the source broke");
  } else {
    check_archive(scripts, written);
  }
  const Written again =
      write(scripts, fails, std::max<std::size_t>(piece_bytes, 100), has_threads ? 2 : 1);
  require(again.error == written.error && again.failed == written.failed);
  require(fails || again.bytes == written.bytes);
  return 0;
}
