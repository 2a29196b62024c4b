// SPDX-License-Identifier: Apache-2.0
// Marks what the shared library exports. Only what is marked is part of the interface.
#pragma once

#define LETTERPRESS_API __attribute__((visibility("default")))
#define LETTERPRESS_INSIDE __attribute__((visibility("hidden")))
