// SPDX-License-Identifier: Apache-2.0
// Nothing: the target that compiles the headers of all tests needs one source.
