// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/passphrase.h"

#include <fcntl.h>
#include <sodium.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/file.h"
#include "vault/limits.h"

namespace letterpress::cli {
namespace {

using vault::Passphrase;

// A line, its end, and one more to see that it is too long.
using Line = std::array<std::uint8_t, vault::kPassphraseBytesMax + 3>;

Result<Passphrase> first_line_of(ByteView bytes) {
  std::string_view line = as_text(bytes);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return Passphrase::make(line);
}

void on_signal(int /*number*/) {}

// What is typed is not shown while this lives, and a signal ends the reading of a line.
class SilentTerminal {
 public:
  explicit SilentTerminal(int descriptor) : descriptor_(descriptor) {
    struct sigaction action {};
    action.sa_handler = on_signal;  // without SA_RESTART
    ::sigaction(SIGINT, &action, &interrupt_);
    ::sigaction(SIGTERM, &action, &terminate_);
    is_changed_ = ::tcgetattr(descriptor_, &before_) == 0;
    if (!is_changed_) return;
    struct termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ICANON | ISIG;
    ::tcsetattr(descriptor_, TCSAFLUSH, &silent);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  ~SilentTerminal() {
    if (is_changed_) ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGTERM, &terminate_, nullptr);
  }

 private:
  const int descriptor_;
  struct termios before_ {};
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
  bool is_changed_ = false;
};

// Standard input may be what is backed up, so it is the terminal itself that is asked.
Result<Passphrase> ask_terminal(File& terminal, const std::string& question) {
  LETTERPRESS_TRY(terminal.write(as_bytes(question)));
  Line line{};
  ssize_t got = 0;
  int error_number = 0;
  {
    const SilentTerminal silent(terminal.descriptor());
    got = ::read(terminal.descriptor(), line.data(), line.size());
    error_number = errno;
  }
  LETTERPRESS_TRY(terminal.write(as_bytes("\n")));
  if (got < 0 && error_number == EINTR) {
    return Error(ErrorCode::kCancelled, "no passphrase was given");
  }
  if (got < 0) return io_error(error_number, terminal.path());
  Result<Passphrase> passphrase = first_line_of(ByteView(line).first(static_cast<size_t>(got)));
  sodium_memzero(line.data(), line.size());
  return passphrase;
}

Result<File> open_terminal() {
  if (::isatty(STDERR_FILENO) == 1) {
    Result<File> terminal = File::open("/dev/tty", O_RDWR | O_NOCTTY);
    if (terminal) return terminal;
  }
  return Error(ErrorCode::kInvalidArgument,
               "there is no terminal to ask for the passphrase: give --passphrase-file FILE");
}

}  // namespace

Result<Passphrase> read_passphrase_file(const std::string& path) {
  Line line{};
  LETTERPRESS_TRY_ASSIGN(File file, File::open(path, O_RDONLY));
  LETTERPRESS_TRY_ASSIGN(const std::size_t got, file.read(line));
  Result<Passphrase> passphrase = first_line_of(ByteView(line).first(got));
  sodium_memzero(line.data(), line.size());
  if (!passphrase) return std::move(passphrase).error().while_doing(path);
  return passphrase;
}

vault::AskPassphrase passphrase_of(const ProgramOptions& options) {
  return [&options](const std::string& path) -> Result<Passphrase> {
    if (!options.passphrase_file.empty()) return read_passphrase_file(options.passphrase_file);
    Result<File> terminal = open_terminal();
    if (!terminal) {
      return std::move(terminal).error().while_doing(path + ": is locked with a passphrase");
    }
    return ask_terminal(*terminal, "Passphrase of " + printable(path) + ": ");
  };
}

Result<std::optional<Passphrase>> new_passphrase(const std::string& file, bool asks,
                                                 const std::string& what) {
  std::optional<Passphrase> chosen;
  if (!file.empty()) {
    LETTERPRESS_TRY_ASSIGN(chosen, read_passphrase_file(file));
  } else if (asks) {
    LETTERPRESS_TRY_ASSIGN(File terminal, open_terminal());
    LETTERPRESS_TRY_ASSIGN(chosen, ask_terminal(terminal, "New passphrase for " + what + ": "));
    LETTERPRESS_TRY_ASSIGN(const Passphrase again, ask_terminal(terminal, "Once more: "));
    if (again.text() != chosen->text()) {
      return Error(ErrorCode::kInvalidArgument, "the passphrases differ; nothing was made");
    }
  }
  return chosen;
}

}  // namespace letterpress::cli
