/* Style and script, embedded (page.css, picture.css, page.js) with their SHA-256 in base64. */
#ifndef IMPOUND_REPORTS_STYLE_H
#define IMPOUND_REPORTS_STYLE_H

#include <stddef.h>

extern const unsigned char page_style[], picture_style[], page_script[];
extern const size_t page_style_length, picture_style_length, page_script_length;
extern const char page_style_sha256[], page_script_sha256[];

#endif
