// SPDX-License-Identifier: Apache-2.0
/// The header lines that servers write: Received chains, DKIM, ARC, provider and spam filter lines.
/// They are most of a header today (docs/MAILGEN.md has the measured lengths).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "people.h"
#include "random.h"

namespace mailgen {

/// What all copies of a message share. `list_domain` is empty or the mailing list's that passed it
/// on.
std::string transport_header(Random& random, const People& people, const Person& from,
                             const Person& to, std::string_view list_domain, std::int64_t date);

/// What one mailbox's copy has on top: Return-Path, Delivered-To and the last two Received.
std::string delivery_header(Random& random, const People& people, std::string_view envelope_from,
                            const Person& to, std::int64_t date);

}  // namespace mailgen
