# SPDX-License-Identifier: Apache-2.0
# Every library we stand on. Why each was chosen: docs/dependencies.md.
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBBPF REQUIRED IMPORTED_TARGET libbpf>=1.1)
pkg_check_modules(LIBELF REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(JSONC REQUIRED IMPORTED_TARGET json-c>=0.15)
pkg_check_modules(SMARTCOLS REQUIRED IMPORTED_TARGET smartcols)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.74)
pkg_check_modules(NCURSES REQUIRED IMPORTED_TARGET ncursesw)
pkg_check_modules(MNL REQUIRED IMPORTED_TARGET libmnl)
pkg_check_modules(PCAP REQUIRED IMPORTED_TARGET libpcap)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
pkg_check_modules(CAPNG REQUIRED IMPORTED_TARGET libcap-ng)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd>=1.4)

# libbcc comes without usable pkg-config data on Debian: its .pc names both
# libraries at once, and the host must never link the one with LLVM behind it.
find_path(BCC_INCLUDE_DIR bcc/bcc_common.h REQUIRED)
find_library(BCC_LIBRARY bcc REQUIRED)
# Static, where it is: on Debian the shared one is in the package of libbcc, which brings LLVM along.
find_library(BCC_BPF_LIBRARY NAMES libbcc_bpf.a bcc_bpf REQUIRED)
foreach(kind BCC BCC_BPF)
	add_library(skbscope::${kind} INTERFACE IMPORTED)
	target_include_directories(skbscope::${kind} INTERFACE ${BCC_INCLUDE_DIR})
	target_link_libraries(skbscope::${kind} INTERFACE ${${kind}_LIBRARY})
endforeach()

# llhttp where there is one, else http-parser, whose successor it is.
add_library(skbscope::HTTP_PARSER INTERFACE IMPORTED)
find_path(LLHTTP_INCLUDE_DIR llhttp.h)
find_library(LLHTTP_LIBRARY llhttp)
if(LLHTTP_INCLUDE_DIR AND LLHTTP_LIBRARY)
	set(kind LLHTTP)
	target_compile_definitions(skbscope::HTTP_PARSER INTERFACE SKBSCOPE_LLHTTP)
else()
	find_path(HTTP_PARSER_INCLUDE_DIR http_parser.h REQUIRED)
	find_library(HTTP_PARSER_LIBRARY http_parser REQUIRED)
	set(kind HTTP_PARSER)
endif()
target_include_directories(skbscope::HTTP_PARSER INTERFACE ${${kind}_INCLUDE_DIR})
target_link_libraries(skbscope::HTTP_PARSER INTERFACE ${${kind}_LIBRARY})
