/* SPDX-License-Identifier: GPL-2.0-only */
/* The running kernel's version: whoever starts the compiler knows it and passes
 * -DLINUX_VERSION_CODE; without that, an old one, so that a program's version
 * tests choose what every kernel has. */
#pragma once
#ifndef LINUX_VERSION_CODE
#define LINUX_VERSION_CODE KERNEL_VERSION(5, 0, 0)
#endif
#define KERNEL_VERSION(major, minor, patch) \
	(((major) << 16) + ((minor) << 8) + ((patch) > 255 ? 255 : (patch)))
#define LINUX_VERSION_MAJOR (LINUX_VERSION_CODE >> 16)
#define LINUX_VERSION_PATCHLEVEL ((LINUX_VERSION_CODE >> 8) & 0xff)
#define LINUX_VERSION_SUBLEVEL (LINUX_VERSION_CODE & 0xff)
