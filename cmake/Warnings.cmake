# SPDX-License-Identifier: Apache-2.0
# Private to our own targets: embedders of the library never inherit these.
add_library(skbscope-warnings INTERFACE)
target_compile_options(skbscope-warnings INTERFACE -Wall -Wextra -Wshadow -Wconversion
	-Wstrict-prototypes -Wmissing-prototypes -Wvla)
option(SKBSCOPE_WERROR "Treat warnings as errors" OFF)
if(SKBSCOPE_WERROR)
	target_compile_options(skbscope-warnings INTERFACE -Werror)
endif()
