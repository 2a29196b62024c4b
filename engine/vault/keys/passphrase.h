// SPDX-License-Identifier: Apache-2.0
// What somebody knows by heart. Overwritten when it is no longer needed.
//
//   LETTERPRESS_TRY_ASSIGN(const Passphrase passphrase, Passphrase::make(line));
//
// It goes by its bytes: nothing is trimmed, and no encoding is assumed. Not copied, only moved.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "letterpress/result.h"

namespace letterpress::vault {

class Passphrase {
 public:
  // kInvalidArgument: empty, or longer than kPassphraseBytesMax.
  static Result<Passphrase> make(std::string_view text);
  Passphrase(Passphrase&&) noexcept = default;
  Passphrase& operator=(Passphrase&&) noexcept;
  ~Passphrase();

  std::string_view text() const noexcept { return text_; }

 private:
  explicit Passphrase(std::string_view text);
  void wipe() noexcept;

  std::string text_;
};

// Asked for only if the key file at `path` is locked.
using AskPassphrase = std::function<Result<Passphrase>(const std::string& path)>;

}  // namespace letterpress::vault
