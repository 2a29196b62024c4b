// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "tools/letterpress/message_list.h"
#include "tools/letterpress/opened_snapshot.h"
#include "vault/restore.h"

namespace letterpress::cli {
namespace {

using stream::EntryType;

struct LsArguments {
  SnapshotArguments snapshot;
  std::string path;
  bool recursive = false;
  bool messages = false;
};

std::uint64_t size_of(const vault::EntryRecord& record) {
  const auto ref = stream::decode_content_ref(record.content);
  return ref ? ref->size_bytes : 0;
}

std::string mode_text(const stream::Metadata& metadata) {
  std::string text = "-rwxrwxrwx";
  if (metadata.type == EntryType::kFolder) text[0] = 'd';
  if (metadata.type == EntryType::kSymlink) text[0] = 'l';
  if (metadata.type == EntryType::kHardLink) text[0] = 'h';
  for (unsigned bit = 0; bit < 9; ++bit) {
    if ((metadata.mode >> (8 - bit) & 1) == 0) text[bit + 1] = '-';
  }
  return text;
}

nlohmann::json entry_json(const vault::EntryRecord& record) {
  constexpr const char* kTypes[] = {"file", "folder", "symlink", "hardlink"};
  const stream::Metadata& metadata = record.entry.metadata;
  nlohmann::json json = {{"path", json_text(record.entry.path)},
                         {"type", kTypes[static_cast<std::size_t>(metadata.type)]},
                         {"mode", metadata.mode},
                         {"user_id", metadata.user_id},
                         {"group_id", metadata.group_id},
                         {"mtime_ns", metadata.mtime_ns}};
  if (metadata.type == EntryType::kFile) json["size"] = size_of(record);
  if (!metadata.target.empty()) json["target"] = json_text(metadata.target);
  return json;
}

std::string entry_text(const vault::EntryRecord& record) {
  const stream::Metadata& metadata = record.entry.metadata;
  const std::string target = metadata.target.empty() ? "" : " -> " + printable(metadata.target);
  return fmt::format("{} {:>5} {:>5} {:>12} {}  {}{}", mode_text(metadata), metadata.user_id,
                     metadata.group_id, size_of(record), format_time(metadata.mtime_ns),
                     printable(record.entry.path), target);
}

// Reads the file, so that what is damaged is known too.
Result<nlohmann::json> list_messages(vault::SnapshotReader& reader,
                                     const vault::EntryRecord& record, Console& console) {
  MessageList list;
  const Status read = reader.read_content(record.content, [&](ByteView bytes) -> Status {
    list.add(bytes);
    return Ok{};
  });
  if (!read) return read.error().copy().while_doing("reading " + printable(record.entry.path));
  nlohmann::json json = nlohmann::json::array();
  for (const Message& message : list.messages()) {
    json.push_back({{"offset", message.offset},
                    {"size", message.bytes},
                    {"from", json_text(message.from)},
                    {"date", json_text(message.date)},
                    {"subject", json_text(message.subject)},
                    {"message_id", json_text(message.message_id)}});
    console.line(fmt::format("  {:>12} {:>10}  {}  {}  {}", message.offset, message.bytes,
                             printable(message.date), printable(message.from),
                             printable(message.subject)));
  }
  return json;
}

// One level below `top`, or everything.
Status list(vault::SnapshotReader& reader, const LsArguments& arguments, Console& console,
            nlohmann::json& json) {
  const std::string& top = arguments.path;
  LETTERPRESS_TRY(reader.seek(top));
  vault::EntryRecord record;
  bool is_found = top.empty();
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const bool has, reader.next(record));
    const std::string& path = record.entry.path;
    if (!has || (!top.empty() && !vault::is_below(path, top))) break;
    const bool is_top = path == top;
    is_found = true;
    if (!is_top || record.entry.metadata.type != EntryType::kFolder) {
      json.push_back(entry_json(record));
      console.line(entry_text(record));
      if (arguments.messages && record.entry.metadata.type == EntryType::kFile) {
        LETTERPRESS_TRY_ASSIGN(json.back()["messages"], list_messages(reader, record, console));
      }
    }
    if (arguments.recursive || is_top || record.entry.metadata.type != EntryType::kFolder) continue;
    // Nothing below a folder sorts behind its name and the lowest byte that a name can have.
    LETTERPRESS_TRY(reader.seek(path + "\x01"));
  }
  if (!is_found) {
    return Error(ErrorCode::kNotFound, top + ": the snapshot has no such path");
  }
  return Ok{};
}

ExitCode run_ls(LsArguments& arguments, Console& console) {
  while (arguments.path.ends_with('/')) arguments.path.pop_back();
  const Result<OpenedSnapshot> opened = OpenedSnapshot::open(arguments.snapshot, console);
  if (!opened) return console.fail(opened.error());
  const auto reader = vault::SnapshotReader::open(opened->vault, opened->packs,
                                                  opened->snapshot.entry, opened->keys);
  if (!reader) return console.fail(reader.error());
  nlohmann::json json = nlohmann::json::array();
  if (Status status = list(**reader, arguments, console, json); !status) {
    return console.fail(status.error());
  }
  console.result({{"snapshot", opened->snapshot.name}, {"entries", json}}, "");
  return opened->is_log_damaged ? kDamage : kDone;
}

}  // namespace

Command add_ls(CLI::App& program) {
  CLI::App* app = program.add_subcommand("ls", "List what a snapshot has");
  auto arguments = std::make_shared<LsArguments>();
  arguments->snapshot.add_to(*app);
  app->add_option("PATH", arguments->path,
                  "A folder or file of the snapshot; default: the sources");
  app->add_flag("-r,--recursive", arguments->recursive, "Everything below PATH");
  app->add_flag("-m,--messages", arguments->messages,
                "Also the messages in each file: where it begins and how long it is, in\n"
                "bytes, its date, sender and subject. Reads the files");
  app->footer(
      "Examples:\n"
      "  letterpress ls /backup/vault --key recovery.key\n"
      "  letterpress ls /backup/vault latest mail/example.org/alice -r --key recovery.key\n"
      "  letterpress ls /backup/vault latest mail/archive.mbox -m --key recovery.key");
  return {app, [arguments](Console& console) { return run_ls(*arguments, console); }};
}

}  // namespace letterpress::cli
