// SPDX-License-Identifier: Apache-2.0
// Invariants of our own code, checked in every build but release. Never for input.
#pragma once

#ifdef LETTERPRESS_ASSERTIONS
#define LETTERPRESS_ASSERT(condition) ((condition) ? static_cast<void>(0) : __builtin_trap())
#else
#define LETTERPRESS_ASSERT(condition) static_cast<void>(0)
#endif
