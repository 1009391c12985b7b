# SPDX-License-Identifier: Apache-2.0
# libskbscope: the layers base to render as one shared library. Shared, because
# only then do our internal names (fail, hint, arena_new…) stay out of the
# programs that embed it; see docs/architecture.md.
set(layers base source image model events compile kernel capture render)
add_library(skbscope-library SHARED)
foreach(layer ${layers})
	target_sources(skbscope-library PRIVATE $<TARGET_OBJECTS:skbscope-${layer}>)
endforeach()
target_link_libraries(skbscope-library PRIVATE skbscope::BCC_BPF PkgConfig::LIBBPF PkgConfig::LIBELF PkgConfig::JSONC
	PkgConfig::SMARTCOLS PkgConfig::MNL PkgConfig::CAPNG PkgConfig::NETTLE
	PkgConfig::ZLIB PkgConfig::ZSTD m ${CMAKE_DL_LIBS})
# What is linked statically is as little anybody else's as our own insides are.
set(exports ${CMAKE_SOURCE_DIR}/cmake/libskbscope.map)
target_link_options(skbscope-library PRIVATE "LINKER:--version-script=${exports}")
set_property(TARGET skbscope-library APPEND PROPERTY LINK_DEPENDS ${exports})
set_target_properties(skbscope-library PROPERTIES
	OUTPUT_NAME skbscope
	LINKER_LANGUAGE C
	VERSION ${PROJECT_VERSION}
	SOVERSION ${PROJECT_VERSION_MAJOR})
install(TARGETS skbscope-library LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

# ${pcfiledir} is where the file is found, so a moved installation still describes
# itself rightly.
string(REGEX REPLACE "[^/]+" ".." up ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
configure_file(${CMAKE_SOURCE_DIR}/cmake/skbscope.pc.in ${CMAKE_BINARY_DIR}/skbscope.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/skbscope.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
