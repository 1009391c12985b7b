# SPDX-License-Identifier: Apache-2.0
# cmake -D OUT=FILE.c -D DIRECTORY=… -D FILES="a.html;b.css" -P Embed.cmake: the files as
# struct asset (src/outside/assets.h). index.html is also "/".
set(types html "text/html; charset=utf-8" css "text/css; charset=utf-8"
	js "text/javascript; charset=utf-8" svg "image/svg+xml")
set(data "")
set(rows "")
set(number 0)
foreach(file ${FILES})
	file(READ ${DIRECTORY}/${file} bytes HEX)
	string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
	string(APPEND data "static const unsigned char file_${number}[] = { ${bytes} };\n")
	get_filename_component(kind ${file} LAST_EXT)
	string(SUBSTRING ${kind} 1 -1 kind)
	list(FIND types ${kind} place)
	math(EXPR place "${place} + 1")
	list(GET types ${place} type)
	if(file STREQUAL "index.html")
		set(file "")
	endif()
	string(APPEND rows "\t{ \"/${file}\", \"${type}\", file_${number}, sizeof(file_${number}) },\n")
	math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT} "/* Made by cmake/Embed.cmake. */
#include \"outside/assets.h\"

${data}
const struct asset assets[] = {
${rows}\t{ 0 },
};
")
