/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions that libbcc and LLVM find here before they find their own: the
 * executable's definition wins over a shared library's. Each is named again in
 * CMakeLists.txt, where the linker is told to export it.
 */
#ifndef WORKER_INTERPOSE_H
#define WORKER_INTERPOSE_H

#define INTERPOSE __attribute__((visibility("default"), used))

#endif
