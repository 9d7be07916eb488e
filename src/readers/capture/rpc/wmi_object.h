/* Objects as WMI encodes them ([MS-WMIO]), as far as their class and their texts. */
#ifndef IMPOUND_READERS_CAPTURE_WMI_OBJECT_H
#define IMPOUND_READERS_CAPTURE_WMI_OBJECT_H

#include "base/bytes.h"

/* A text as it stands in a heap ([MS-WMIO] 2.2.78): Latin letters in bytes, or UTF-16LE. */
struct wmi_text {
    struct bytes bytes; /* NULL data: none */
    bool is_wide;
};

typedef void wmi_property(void *context, struct wmi_text name, struct wmi_text value);

/* Finds the first object in the bytes; its instance's class in *class_name, each property that is a
 * text and has a value to `property`. False when there is none, or it is no instance. */
bool wmi_object_read(struct bytes bytes, struct wmi_text *class_name, wmi_property *property,
                     void *context);

#endif
