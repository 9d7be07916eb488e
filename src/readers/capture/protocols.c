#include "wire.h"

/* In the order in which they are probed. */
const struct wire_protocol *const wire_protocols[] = {
    NULL,
};
