/* SPDX-License-Identifier: Apache-2.0 */
/* Moved to where every layer can use it. */
#include "base/options.h"
