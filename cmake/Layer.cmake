# SPDX-License-Identifier: Apache-2.0
# skbscope_layer(NAME SOURCES a.c b.c LINKS targets…): one layer of the tree as a
# static library skbscope-NAME. Its includes start at src/ and include/.
function(skbscope_layer name)
	cmake_parse_arguments(LAYER "" "" "SOURCES;LINKS" ${ARGN})
	add_library(skbscope-${name} STATIC ${LAYER_SOURCES})
	target_include_directories(skbscope-${name}
		PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
	target_compile_definitions(skbscope-${name} PRIVATE _GNU_SOURCE)
	target_link_libraries(skbscope-${name} PUBLIC ${LAYER_LINKS} PRIVATE skbscope-warnings)
	set_target_properties(skbscope-${name} PROPERTIES POSITION_INDEPENDENT_CODE ON
		C_VISIBILITY_PRESET hidden)
endfunction()
