/* SPDX-License-Identifier: Apache-2.0 */
/* What to write instead: one table of compiler messages and remedies. */
#ifndef COMPILE_HINTS_H
#define COMPILE_HINTS_H

/* For the words of clang, LLVM or libbcc; NULL where there is nothing to say. */
const char *hint_for_message(const char *message);

#endif
