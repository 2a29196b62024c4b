// SPDX-License-Identifier: Apache-2.0
#include "vault/witness.h"

#include <qrencode.h>

#include <memory>

#include "tools/letterpress/commands.h"
#include "vault/snapshot.h"

namespace letterpress::cli {
namespace {

struct WitnessArguments {
  std::string vault;
  bool has_qr = false;
};

struct FreeCode {
  void operator()(QRcode* code) const noexcept { QRcode_free(code); }
};

// Two rows of the code a line, light on dark turned round, with the quiet border that it needs.
Result<std::string> draw_qr(const std::string& text) {
  constexpr int kBorder = 2;
  const std::unique_ptr<QRcode, FreeCode> code(
      QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L));
  if (code == nullptr) {
    return Error(ErrorCode::kLimitExceeded,
                 "the vault has too many writers for a QR code; print the text");
  }
  const auto is_dark = [&](int x, int y) {
    const bool is_inside = x >= 0 && y >= 0 && x < code->width && y < code->width;
    return is_inside && (code->data[y * code->width + x] & 1) != 0;
  };
  std::string out;
  for (int y = -kBorder; y < code->width + kBorder; y += 2) {
    for (int x = -kBorder; x < code->width + kBorder; ++x) {
      const bool upper = is_dark(x, y);
      const bool lower = is_dark(x, y + 1);
      out += upper ? (lower ? " " : "\u2584") : (lower ? "\u2580" : "\u2588");
    }
    out += '\n';
  }
  return out;
}

ExitCode run_witness(const WitnessArguments& arguments, Console& console) {
  const Result<vault::Vault> vault = vault::Vault::open(arguments.vault);
  if (!vault) return console.fail(vault.error());
  const Result<vault::SnapshotList> list = vault::list_snapshots(*vault);
  if (!list) return console.fail(list.error());
  const Result<vault::Witness> witness = vault::take_witness(*vault);
  if (!witness) return console.fail(witness.error());
  const std::string text = vault::format_witness(*witness);
  std::string shown = text;
  if (arguments.has_qr) {
    const Result<std::string> drawn = draw_qr(text);
    if (!drawn) return console.fail(drawn.error());
    shown += *drawn;
  }
  console.result({{"witness", text}}, shown);
  for (const std::string& problem : list->problems) console.warn(problem);
  return list->problems.empty() ? kDone : kDamage;
}

}  // namespace

Command add_witness(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "witness", "Print what a vault has now, to keep on paper; needs no key");
  auto arguments = std::make_shared<WitnessArguments>();
  app->add_option("VAULT", arguments->vault, "The vault")->required();
  app->add_flag("--qr", arguments->has_qr, "Also as a QR code, in characters");
  app->footer(
      "The last good log entry of each writer, by its SHA-256 (sha256sum VAULT/log/WRITER/NUM).\n"
      "verify --witness FILE says whether the vault still has them: one that was put back to an\n"
      "older state is sound in itself, and only this tells.\n\n"
      "Examples:\n"
      "  letterpress witness /backup/vault > witness.txt\n"
      "  letterpress verify /backup/vault --witness witness.txt");
  return {app, [arguments](Console& console) { return run_witness(*arguments, console); }};
}

}  // namespace letterpress::cli
